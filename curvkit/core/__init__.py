"""What every room stands on: knobs, traces, streams, messages; knows no room and no screen."""
