"""How anything is drawn or turned: `theme`, `panel`, `player`; knows no mathematics and no room."""

from curvkit.core import swift

# Before plotly's widgets, which import it.
swift.import_jsonschema()
