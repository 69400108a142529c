"""Scenes in pages, as tests of the stage write them."""

from rooms import ran
from test_every_scene import suited

from curvkit.pages import page as pages
from curvkit.pages import stages
from curvkit.show.stage.live import knob_facts
from curvkit.show.stage.widget import StoredStage


def packed(name, scene, **turned):
    """A scene of a short run, and the same as a page holds it."""
    house, draw, settings = suited(name, scene, **turned)
    made = draw(ran(house, settings))
    return made, StoredStage(made, knob_facts(house.stream, settings)).packed()


def written(place):
    """A page that holds scenes and may run nothing but the stage."""
    program = pages.script(stages.program(), "n", "module")
    return pages.shell("Scenes", f"<main>{place}</main>{program}", "n")
