"""What a sweep is to run: read from flags and files, refused in one sentence, never executed."""

import itertools
import json
import math
import re

import numpy as np
import pytest

from curvkit.curvature import Settings
from curvkit.sweep import plan
from curvkit.sweep.plan import Plan
from curvkit.sweep.run import RoomRuns, expanded, size


def read(over=None, fixed=None):
    return Plan.read("curvature", Settings, fixed or {}, over or {})


def test_the_product_of_all_values_is_run_with_the_last_knob_turned_first():
    made = read({"learning_rate": "0.1,1", "seed": "0:3"}, {"steps": "22"})
    assert made.runs() == [
        {"steps": 22, "learning_rate": rate, "seed": seed}
        for rate in (0.1, 1.0)
        for seed in range(3)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [np.array([0.1, 0.2, 0.3]), (each / 10 for each in (1, 2, 3)), {0.3, 0.2, 0.1},
     {0.1: 1, 0.2: 1, 0.3: 1}.keys(), [np.float64(0.1), 0.2, "0.3"]],
)  # fmt: skip
def test_whatever_can_be_counted_through_is_a_list_of_values(given):
    assert read({"learning_rate": given}).over == {"learning_rate": (0.1, 0.2, 0.3)}


def test_one_value_of_numpy_is_one_value():
    assert read({"learning_rate": np.float32(0.5)}).over == {"learning_rate": (0.5,)}


def test_without_anything_swept_there_is_one_run():
    assert read().runs() == [{}]


@pytest.mark.parametrize(
    ("given", "meant"),
    [("1,2", ["1", "2"]), ("0:4", [0, 1, 2, 3]), ("4:0:-2", [4, 2]), ([1.5], [1.5]), (3, [3])],
)  # fmt: skip
def test_values_are_listed_or_a_range(given, meant):
    assert plan.values("seed", given) == meant


@pytest.mark.parametrize(
    ("over", "fixed", "said"),
    [
        ({"sead": "1"}, {}, "There is no setting 'sead'; did you mean 'seed'?"),
        ({"seed": "1,99999"}, {}, "seed must be a whole number from 0 to 9999"),
        ({"learning_rate": "nan"}, {}, "learning_rate must be a number from"),
        ({"seed": "0:x"}, {}, "--over seed must be a list as 1,2,4 or a range"),
        ({"seed": "5:5"}, {}, "--over seed must be a list"),
        ({"seed": "1,,2"}, {}, "--over seed must be a list"),
        ({"seed": ""}, {}, "--over seed must be a list"),
        ({"seed": "0:1:0"}, {}, "--over seed must be a list"),
        ({"seed": "1,1.0"}, {}, "seed is swept over 1 twice"),
        ({"seed": "0:999999999"}, {}, "seed has more than 1000000 values"),
        ({"seed": "0:99999999999999999999999"}, {}, "seed has more than 1000000 values"),
        ({"seed": itertools.count()}, {}, "seed has more than 1000000 values"),
        ({"rule": b"gd"}, {}, "--over rule must be a list"),
        ({"seed": {1: 2}}, {}, "--over seed must be a list"),
        ({"seed": [list(range(10**6))]}, {}, "seed must be a whole number from 0 to 9999, but [0"),
        ({"rule": "gd,adamm"}, {}, "rule must be one of gd"),
        ({"seed": "0:9999", "steps": "1:9999"}, {}, "runs, and a sweep has at most 1000000"),
        ({"seed": "1"}, {"seed": "1"}, "seed is both set and swept"),
        ({"rule": "__import__('os').getpid()"}, {}, "rule must be one of gd"),
        ({}, {"rule": "<script>alert(1)</script>\n\"'"}, "rule must be one of gd"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_in_one_sentence(over, fixed, said):
    with pytest.raises(ValueError) as refused:
        read(over, fixed)
    told = str(refused.value)
    assert told.startswith(said) or said in told
    assert "\n" not in told


@pytest.mark.parametrize("given", ["sigma", "=1", " =2", ""])
def test_a_flag_without_name_or_value_is_refused(given):
    with pytest.raises(ValueError, match="--over must be of the form name=value"):
        plan.typed([given], "--over")


def test_a_flag_given_twice_is_refused():
    with pytest.raises(ValueError, match="--over names 'a' twice"):
        plan.typed(["a=1", "a=2"], "--over")


TOML = 'room = "curvature"\n[set]\nsteps = 22\n[over]\nlearning_rate = [0.1, 1]\nseed = "0:3"\n'
YAML = "room: curvature\nset: {steps: 22}\nover:\n  learning_rate: [0.1, 1]\n  seed: '0:3'\n"


def test_toml_and_yaml_say_the_same_and_go_through_the_same_gate(tmp_path):
    (tmp_path / "a.toml").write_text(TOML)
    (tmp_path / "b.yaml").write_text(YAML)
    found = [plan.from_file(tmp_path / name) for name in ("a.toml", "b.yaml")]
    assert found[0] == found[1]
    assert read(found[0]["over"], found[0]["set"]).runs()[0] == {
        "steps": 22, "learning_rate": 0.1, "seed": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.toml", "[over\n", "a.toml is not TOML"),
        ("a.toml", "seed = 3\n", "There is no entry 'seed'"),
        ("a.toml", "over = 3\n", "over is not as it should be, but 3"),
        ("a.yaml", "over: [\n", "a.yaml is not plain YAML"),
        ("a.yaml", "just words\n", "holds no settings"),
        ("a.yaml", "", "holds no settings"),
        ("a.yaml", "over: {1: 2}\n", "the name of a setting must be text"),
        ("a.yaml", "over: !!python/object/apply:os.getpid []\n", "a.yaml is not plain YAML"),
        ("a.yaml", "set: {seed: 1, seed: 2}\n", "'seed' is there twice"),
        ("a.yaml", "over: &a {}\nset: *a\n", "an alias is not taken"),
        ("a.yaml", "[" * 99999, "a.yaml is not plain YAML that can be read: it is nested too d"),
        ("a.toml", "a = " + "[" * 99999, "a.toml is not TOML that can be read: it is nested too"),
        ("a.yaml", f"over: {{seed: {'9' * 5000}}}\n", "a.yaml is not plain YAML: Exceeds the l"),
        ("a.json", "{}", "--settings must be a file named .toml, .yaml or .yml"),
    ],
)
def test_a_bad_settings_file_is_refused_in_one_sentence(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=re.escape(said)) as refused:
        plan.from_file(tmp_path / name)
    assert "\n" not in str(refused.value)


def test_a_settings_file_that_is_no_text_is_refused(tmp_path):
    for name in ("a.toml", "a.yaml"):
        (tmp_path / name).write_bytes(b"\xff\xfe\x00")
        with pytest.raises(ValueError, match=f"{name} is not text in UTF-8: invalid start byte"):
            plan.from_file(tmp_path / name)


@pytest.mark.parametrize(("name", "text"), [("a.toml", TOML), ("a.yaml", YAML)])
def test_a_settings_file_may_begin_with_a_mark_of_its_byte_order(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8-sig")
    assert plan.from_file(tmp_path / name)["set"] == {"steps": 22}


def test_a_number_in_yaml_is_what_it_looks_like(tmp_path):
    numbers = "seed: 1:10, steps: 010, width: 1_000, learning_rate: 1e-3, a: -.5, b: .inf, c: 1:3.5"
    (tmp_path / "a.yaml").write_text(f"over: {{{numbers}}}\n")
    assert plan.from_file(tmp_path / "a.yaml")["over"] == {
        "seed": "1:10", "steps": "010", "width": 1000, "learning_rate": "1e-3", "a": -0.5,
        "b": math.inf, "c": "1:3.5",
    }  # fmt: skip
    assert read({"seed": "1:10"}).over["seed"] == tuple(range(1, 10))


def test_bytes_in_yaml_are_no_list(tmp_path):
    (tmp_path / "a.yaml").write_text("over: {rule: !!binary Z2Q=}\n")
    with pytest.raises(ValueError, match="--over rule must be a list"):
        read(plan.from_file(tmp_path / "a.yaml")["over"])


def test_a_flag_has_the_last_word_over_a_settings_file(tmp_path):
    (tmp_path / "a.toml").write_text(TOML)
    path = tmp_path / "a.toml"
    assert plan.asked(None, path, ["steps=1,2"], ["seed=4"]) == (
        "curvature", {"learning_rate": [0.1, 1], "steps": "1,2"}, {"seed": "4"},
    )  # fmt: skip
    with pytest.raises(ValueError, match="is for the room curvature, not for minima"):
        plan.asked("minima", path, [], [])
    with pytest.raises(ValueError, match="Which room is to be swept"):
        plan.asked(None, None, [], [])


def test_a_plan_survives_json():
    made = read({"rule": "gd,adam", "seed": "0:2"}, {"learning_rate": "0.3"})
    kept = json.loads(json.dumps(made.as_dict()))
    assert read(kept["over"], kept["set"]) == made


def test_runs_that_two_plans_share_are_run_once_and_have_one_name():
    runs = expanded([read({"seed": "0:3"}), read({"seed": "2:5"})], Settings, "run")
    assert sorted(each["seed"] for each in runs.values()) == [0, 1, 2, 3, 4]
    assert set(runs).isdisjoint(expanded([read({"seed": "0:3"})], Settings, "notebook"))


def test_a_batch_is_of_one_shape_and_every_run_is_in_one():
    import curvkit.curvature as house

    made = read({"width": "4,8", "rule": "gd,adam", "seed": "0:5"})
    runs = expanded([made], Settings, "run")
    jobs = RoomRuns("curvature", house, True).jobs(runs, 3)
    assert sorted(name for job in jobs for name in job.runs) == sorted(runs)
    for job in jobs:
        assert len({(each["width"], each["rule"]) for each in job.runs.values()}) == 1
        assert len(job.runs) <= job.arguments[2] == 3


@pytest.mark.parametrize(("runs", "workers", "meant"), [(1, 2, 1), (10, 2, 2), (9999, 2, 32)])
def test_a_batch_is_moderate(runs, workers, meant):
    assert size(runs, workers) == meant
