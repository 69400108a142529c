"""How anything is drawn or turned: `theme`, `panel`, `player`; knows no mathematics and no room."""

from curvkit.core import imports

# Before plotly's widgets, which import it.
imports.import_jsonschema()
