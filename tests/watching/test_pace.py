"""Readings keep within their budget, at steps that do not alias."""

from curvkit.watching._pace import Pace


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def trained(pace, clock, steps, step_takes, reading_takes, compiling=0.0):
    """The steps at which was read, of a loop whose parts take what is said."""
    read = []
    for step in range(steps):
        clock.now += step_takes
        if pace.due(step):
            began = pace.begin(step)
            clock.now += reading_takes + (0 if read else compiling)
            pace.end(began, compiled=not read)
            read.append(step)
    return read


def test_without_a_budget_it_reads_at_each_so_many_steps():
    clock = Clock()
    assert trained(Pace(11, None, clock), clock, 60, 1.0, 50.0) == [0, 11, 22, 33, 44, 55]


def test_cheap_readings_are_all_made():
    clock = Clock()
    pace = Pace(5, 0.2, clock)
    assert trained(pace, clock, 101, 1.0, 0.5, compiling=30) == list(range(0, 101, 5))
    assert pace.compiling == 30.5 and pace.share < 0.2


def test_dear_readings_are_left_out_until_they_are_paid_for():
    clock = Clock()
    pace = Pace(3, 0.2, clock)
    read = trained(pace, clock, 3000, 0.01, 0.1)
    assert len(read) > 20 and all(step % 3 == 0 for step in read)
    # The second reading, whose price is not known yet, is in it.
    assert 0.15 < pace.share <= 0.2 + 0.1 / pace.training


def test_the_share_is_of_all_training_and_not_of_that_before_the_last_reading_alone():
    clock = Clock()
    pace = Pace(1, 0.2, clock)
    # The second reading comes at once, since nothing is known yet of what one takes.
    assert trained(pace, clock, 2, 1.0, 30.0, compiling=1.0) == [0, 1]
    assert pace.share == 30.0
    clock.now += 299.0
    assert pace.due(2) and pace.share == 0.1


def test_steps_are_counted_from_the_first_that_is_seen():
    clock = Clock()
    pace = Pace(10, None, clock)
    read = []
    for step in range(1003, 1040):
        if pace.due(step):
            pace.end(pace.begin(step), compiled=False)
            read.append(step)
    assert read == [1003, 1013, 1023, 1033]


def test_a_reading_that_fails_costs_no_training_twice():
    clock = Clock()
    pace = Pace(1, 0.5, clock)
    pace.end(pace.begin(0), compiled=True)
    clock.now += 4.0
    pace.begin(1)  # and no end
    clock.now += 2.0
    pace.end(pace.begin(2), compiled=False)
    assert pace.training == 6.0
