"""Staff: accounts, roles, sign-in and presence."""
