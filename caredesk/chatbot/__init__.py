"""The FAQ bot: brings a message into plain form, guards, searches and decides. Pure: no SQL, no Flask, no clock."""

import os

# A turn solves systems of a few hundred numbers. Threads for that spin longer than they compute, and hold back the
# desk's own; who sets the variable knows better.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
