"""What a room draws and says of a trace, its figures and words, as JavaScript for a page.

The functions of a room are translated from their own text, with all that they call, so that no
figure is written twice; what they call of NumPy and plotly has a counterpart in the JavaScript
files beside.
"""
