"""What drawing brings along when it is imported."""

import subprocess
import sys


def test_drawing_builds_no_grammar_of_web_addresses_and_leaves_it_to_others():
    code = (
        "import sys, curvkit.show.panel\n"
        "assert 'jsonschema' in sys.modules and 'rfc3987_syntax' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
