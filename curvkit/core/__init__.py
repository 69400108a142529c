"""What every room stands on: `knob`, `trace`, `stream`, `tree`, `say`; knows no room, no screen."""
