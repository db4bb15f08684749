"""Calls: what a telephone engine tells and is told, each call as a pure machine, its rows. No SIP in here."""
