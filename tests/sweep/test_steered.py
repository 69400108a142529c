"""Sweeps whose runs are turned on their way: read, refused, made, saved, drawn and gone on with."""

import numpy as np
import pytest

import curvkit.tuners.model as house
from curvkit import __main__
from curvkit.core import knob
from curvkit.sweep import figure, make, read, steered, store
from curvkit.sweep.plan import Plan
from curvkit.sweep.run import expanded

ROOM, SHORT, RATES = "tuners.model", {"steps": 30, "rule": "constant"}, (0.05, 0.1, 0.2)
OVER = {"learning_rate@12": RATES}


def planned(over=None, fixed=None, steers=house.stream.steers):
    return Plan.read(ROOM, house.Settings, fixed or {}, over or {}, steers=steers)


@pytest.fixture(scope="module")
def swept(client, tmp_path_factory):
    """Return the folder of a sweep of three runs, alike up to where each is turned."""
    folder = tmp_path_factory.mktemp("steered") / "out"
    made = make(ROOM, over=OVER, fixed=SHORT, out=folder, client=client)
    assert (made.runs, made.failed) == (3, 0)
    return folder


def test_every_run_has_the_numbers_of_the_run_that_is_turned_by_hand(swept):
    every = store.rows(read(swept))
    assert sorted(row["learning_rate@12"] for row in every) == list(RATES)
    for row in every:
        rate = row["learning_rate@12"]
        alone = house.run(**SHORT, turns=[(12, {"learning_rate": rate})])
        kept = house.Trace.load(swept / row["trace"])
        assert kept.turns == alone.turns == [(12, {"learning_rate": rate})]
        for name, array in alone.arrays().items():
            np.testing.assert_array_equal(getattr(kept, name), array, err_msg=name)
        for name, value in alone.merits().items():
            assert row[name] == pytest.approx(value, nan_ok=True), name


def test_runs_are_one_up_to_the_turn_and_part_there(swept):
    traces = [house.Trace.load(swept / row["trace"]) for row in store.rows(read(swept))]
    rates = np.array([each.over_readings("learning_rate") for each in traces])
    assert np.all(rates[:, :12] == rates[0, 0]) and len(set(rates[:, -1])) == 3
    values = np.array([each.sharpness for each in traces])
    assert np.all(values[:, :12] == values[0, :12]) and len(set(values[:, -1])) == 3


def test_the_merits_are_drawn_over_what_was_turned(swept):
    merit = next(iter(house.run(**SHORT).merits()))
    made = figure.draw(read(swept), merit, knob.knobs(house.Settings))
    assert made.layout.xaxis.title.text == "learning rate η from reading 12"
    (median,) = [curve for curve in made.data if curve.name == "median"]
    assert list(median.x) == list(RATES)
    page = (swept / "report.html").read_text()
    assert "learning_rate@12 = 0.05, 0.1, 0.2" in page
    assert '<th scope="col">learning rate@12</th>' in page


def test_resume_makes_nothing_twice_and_adds_runs_that_are_turned_elsewhere(client, swept):
    before = {path: path.stat().st_mtime_ns for path in (swept / "table").iterdir()}
    assert make(ROOM, out=swept, resume=True, client=client).runs == 3
    assert {path: path.stat().st_mtime_ns for path in (swept / "table").iterdir()} == before
    more = dict(over={"sigma@5": [1.0, 2.0]}, fixed=SHORT, resume=True)
    assert make(ROOM, out=swept, client=client, **more).runs == 5
    table = read(swept)
    assert sorted(map(str, table["sigma@5"])) == ["1.0", "2.0", "None", "None", "None"]
    # Each axis has the runs that were turned there, and no others.
    merit = next(iter(house.run(**SHORT).merits()))
    drawn = figure.draw(table, merit, knob.knobs(house.Settings), ["sigma@5"])
    (median,) = [curve for curve in drawn.data if curve.name == "median"]
    assert list(median.x) == [1.0, 2.0]


def test_a_run_that_is_not_turned_keeps_its_name():
    plain = planned({"sigma": "1,2"}, SHORT)
    runs = expanded([plain], house.Settings, "run")
    both = expanded(
        [plain, planned({"sigma": "1,2", "sigma@5": "1"}, SHORT)], house.Settings, "run"
    )
    assert runs.items() <= both.items() and len(both) == 4


def test_several_turns_of_one_run_are_taken_in_their_order():
    plan = planned({"learning_rate@20": "0.1,0.2"}, {**SHORT, "sigma@5": "1.5"})
    begun, turned = steered.split(plan.runs()[1])
    assert "steps" in begun
    assert steered.turns(turned) == [(5, {"sigma": 1.5}), (20, {"learning_rate": 0.2})]


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"sead@3": "1"}, "There is no setting 'sead'"),
        ({"rule@3": "cdat"}, "rule cannot be turned during a run, where these can: sigma, "),
        ({"learning_rate@12": "-1"}, "learning_rate must be a number from"),
        ({"learning_rate@0": "0.1"}, "the name of an axis must be a knob, or a knob that is"),
        ({"learning_rate@": "0.1"}, "the name of an axis must be"),
        ({"learning_rate@x": "0.1"}, "the name of an axis must be"),
        ({"@3": "0.1"}, "the name of an axis must be"),
        ({"learning_rate@12": "0.1,0.1"}, "learning_rate@12 is swept over 0.1 twice"),
        (
            {"learning_rate@31": "0.1"},
            "learning_rate@31 is turned before reading 31, and a run has",
        ),
    ],
)
def test_what_cannot_be_turned_is_refused_before_anything_runs(client, tmp_path, over, said):
    with pytest.raises(ValueError) as refused:
        make(ROOM, over=over, fixed=SHORT, out=tmp_path / "out", client=client)
    told = str(refused.value)
    assert said in told and "\n" not in told and not (tmp_path / "out").exists()


def test_a_notebook_cannot_be_turned_on_its_way(client, tmp_path):
    with pytest.raises(ValueError, match="learning_rate@12 is turned during a run, which a noteb"):
        make("tuners", over=OVER, out=tmp_path / "out", client=client, notebooks=True)


def test_the_command_takes_such_an_axis(tmp_path, monkeypatch, client):
    from curvkit.sweep import run

    kept = run.make
    monkeypatch.setattr(run, "make", lambda *a, **b: kept(*a, **b, client=client))
    flags = ["--over", "sigma@10=1.5,2", "--set", "steps=30", "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as left:
        __main__.main(["sweep", ROOM, *flags])
    assert left.value.code == 0
    assert sorted(read(tmp_path / "out")["sigma@10"]) == [1.5, 2.0]
