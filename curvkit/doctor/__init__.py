"""Doctor: what a teacher needs to know the evening before class, and what to do about it.

`curvkit doctor` looks at versions, backend, memory, widgets, kernel, the time until a first figure
and each notebook, and prints a line for each. Nothing is changed.
"""
