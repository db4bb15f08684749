"""What must not be said or kept in a chat: found by pure rules, held or masked by actions, reviewed by supervisors."""
