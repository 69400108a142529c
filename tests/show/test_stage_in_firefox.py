"""Every scene as a page holds it, in Firefox: it plays by itself and answers the keyboard."""

import firefox
import pytest
from staged import packed, written
from test_every_scene import PAIRS

from curvkit.pages import stages

pytestmark = [
    pytest.mark.full, pytest.mark.browser,
    pytest.mark.skipif(firefox.FIREFOX is None, reason="no Firefox is installed"),
]  # fmt: skip
STANDS = "((S) => [S.clock.playing, S.clock.t])(globalThis.stages[0])"
LEFT = "\ue012"


@pytest.fixture(scope="module")
def sheet():
    with firefox.opened(1400, 900) as opened:
        yield opened


def press(sheet, key):
    keys = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
    actions = [{"type": "key", "id": "keys", "actions": keys}]
    sheet.call("input.performActions", context=sheet.context, actions=actions)


@pytest.mark.parametrize("name, scene", PAIRS, ids=lambda each: str(each))
def test_a_scene_plays_halts_and_goes_back_by_keys(sheet, tmp_path, name, scene):
    _, kept = packed(name, scene)
    path = tmp_path / "page.html"
    path.write_text(written(stages.drawn(kept, asks=False)), encoding="utf-8")
    sheet.complaints.clear()
    sheet.goto(path.as_uri())
    sheet.until("globalThis.stages?.[0]?.clock.t > 1.2")
    sheet.evaluate("globalThis.stages[0].track.focus()")
    playing, _ = sheet.evaluate(STANDS)
    if playing:
        press(sheet, " ")
    sheet.until("!globalThis.stages[0].clock.playing")
    _, at = sheet.evaluate(STANDS)
    press(sheet, LEFT)
    sheet.until(f"globalThis.stages[0].clock.t === {at} - 1")
    press(sheet, " ")
    sheet.until(f"globalThis.stages[0].clock.playing || globalThis.stages[0].clock.t !== {at} - 1")
    assert sheet.complaints == []
