"""Going on when something fails: the condition of what the desk depends on, and incidents."""
