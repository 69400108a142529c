"""How figures look: colours, type and templates; needs no widgets, and plotly only to draw."""
