"""Pages that train in a browser."""

import pytest
from waits import until

from curvkit.report import trained


@pytest.fixture(scope="module")
def lessons(tmp_path_factory):
    """Lesson pages by room and scene, each made once."""
    made, home = {}, tmp_path_factory.mktemp("lessons")

    def lesson(room, scene):
        if (room.name, scene) not in made:
            path = home / f"{room.name}-{scene}.html"
            trained.lesson(room, scene, {}, path)
            made[room.name, scene] = path
        return made[room.name, scene]

    return lesson


@pytest.fixture
def opened(browser):
    """Opens a page from its file; returns it with all that it asked for and complained of."""
    sheets = []

    def open_it(path, hash="", width=1000):
        sheet = browser.new_page(viewport={"width": width, "height": 900})
        asked, said = [], []
        sheet.on("request", lambda request: asked.append(request.url))
        sheet.on("pageerror", lambda error: said.append(str(error)))
        sheet.goto(f"{path.as_uri()}{hash}")
        until(sheet, "globalThis.stages?.length > 0")
        sheets.append(sheet)
        return sheet, asked, said

    yield open_it
    for sheet in sheets:
        sheet.close()
