"""Staffing matched to the clinic: what contacts the sessions will cause, who is needed, who is rostered."""
