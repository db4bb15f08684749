"""The supervisor's floor: alerts, what was done by hand and why, notices to agents, figures, and the webhook's post."""
