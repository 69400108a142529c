"""Host: the machine and its files, for all that runs without a screen.

Locks and whole writes, what a machine has, where a run comes from, and how Ctrl-C ends it. No
notebook, page or room is known here.
"""
