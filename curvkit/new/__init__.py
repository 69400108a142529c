"""New: a room that runs at once, to be made into that of another paper.

`curvkit new NAME` writes its files, its notebook, its claims and its test, and edits none.
"""
