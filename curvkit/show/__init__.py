"""How anything is drawn or turned: `theme`, `panel`, `player`; knows no mathematics and no room."""

import sys

# plotly brings nbformat, and that jsonschema, which builds a grammar of international web addresses
# where the package of that is installed: seconds before a first figure, for a check that no
# notebook needs. So that package is hidden while jsonschema looks for it, and only then.
if "jsonschema" not in sys.modules and "rfc3987_syntax" not in sys.modules:
    sys.modules["rfc3987_syntax"] = None
    try:
        import jsonschema  # noqa: F401
    except ImportError:  # nobody asks for it then
        pass
    finally:
        del sys.modules["rfc3987_syntax"]
