"""What every room stands on: `knob`, `trace`, `stream`, `tree`, `messages`; knows no room, no screen."""
