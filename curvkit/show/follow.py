"""What lets figures of other cells follow their page: a part of the programs of all widgets."""

import json
from pathlib import Path

from curvkit.draw import theme

HERE = Path(__file__).resolve().parent
# Figures of pages fit narrow places by the same program, which is read here without plotly: a scene
# is to move before that is imported.
PROGRAM = "".join(
    path.read_text(encoding="utf-8")
    for path in (HERE.parent / "pages" / "narrow.js", HERE / "follow.js")
)
# In a block of its own, where another program has names of its own.
ALONE = f"{{\n{PROGRAM}follow({json.dumps(theme.pairs())});\n}}\n"
