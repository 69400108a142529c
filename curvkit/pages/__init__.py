"""Pages: what a notebook file holds, read with care, as a page that needs no network.

Nothing is run here: `report` runs notebooks and asks for their pages.
"""

from curvkit.core import imports

# Before nbformat, which imports it.
imports.import_jsonschema()
