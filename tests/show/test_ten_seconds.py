"""Each scene, played at its own pace, has said within ten seconds all that it says of its run."""

import itertools
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from rooms import room
from test_every_scene import every_scene

ROOT = Path(__file__).resolve().parents[2]
NODE = shutil.which("node")
PLAYED = """
import { Clock } from "%s/clock.js";
import { Store } from "%s/store.js";
import { readFileSync } from "node:fs";
const { fields, pace } = JSON.parse(readFileSync(process.argv[2], "utf-8"));
for (const f of Object.values(fields)) f.values = f.values.map((v) => v ?? NaN);
const store = new Store(fields), clock = new Clock(store, pace);
clock.playing = true;
for (let frame = 0; frame < 600 && !clock.tick(1 / 60, false); frame++);
console.log(clock.t);
"""


def said(scene, row):
    """What is said of a row: the first beat that holds."""
    for beat in scene.beats:
        if beat.alternating:
            before = [holds(scene, beat, row - ago) for ago in range(4)] if row > 2 else [True] * 2
            if all(one != other for one, other in itertools.pairwise(before)):
                return beat.say
        elif holds(scene, beat, row):
            return beat.say
    return ""


def holds(scene, beat, row):
    """Whether the conditions of a beat hold at a row."""
    sides = [(np.ravel(scene.rows.get(name, scene.fixed.get(name)))[row * (name in scene.rows)],
              op, value) for name, op, value in beat.when]  # fmt: skip
    return all(x > value if op == ">" else x < value for x, op, value in sides)


@pytest.mark.full
@pytest.mark.skipif(NODE is None, reason="node is not installed")
@every_scene
def test_within_ten_seconds_a_scene_has_said_all_that_it_says_of_its_run(name, scene, tmp_path):
    house = room(name)
    draw, values = house.package.room.scenes[scene]
    made = draw(house.stream.run(house.settings.Settings.read(values)))
    fields = {}
    for each, values in made.rows.items():
        if np.ndim(values) == 1:
            known = [x if np.isfinite(x) else None for x in np.asarray(values, float).tolist()]
            fields[each] = {"values": known, "shape": [len(known)], "time": True}
    given = {"fields": fields, "pace": made.as_dict({})["pace"]}
    (tmp_path / "given.json").write_text(json.dumps(given))
    home = ROOT / "curvkit" / "show" / "stage"
    (tmp_path / "played.mjs").write_text(PLAYED % (home, home))
    command = [NODE or "", tmp_path / "played.mjs", tmp_path / "given.json"]
    played = subprocess.run(command, capture_output=True, text=True, check=True)
    row = int(float(played.stdout))
    by_then = {said(made, at) for at in range(row + 1)}
    assert {said(made, at) for at in range(made.last + 1)} <= by_then
