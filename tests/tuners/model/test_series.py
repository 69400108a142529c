"""What a run of the model records beside its loop."""

from helpers import assert_close

from curvkit.tuners import model


def test_steps_count_and_the_alignment_predicted_is_half_of_sigma():
    trace = model.run(steps=5, sigma=1.2)
    assert trace.step.tolist() == list(range(6))
    assert_close(trace.predicted_alignment, 0.6, rtol=1e-6)
