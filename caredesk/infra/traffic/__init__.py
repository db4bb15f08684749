"""Invented traffic for a desk that is tried out: who comes when and says what, and the programs that play it.

`plan.py` decides everything from a seed and touches nothing; `player.py` plays a plan through the desk's public
surfaces, as browsers and telephones do. Nothing here reaches into a desk.
"""
