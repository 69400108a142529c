"""The stage: plays a scene over a trace by itself, and is steered while a run is being made."""
