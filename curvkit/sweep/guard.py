"""Whether a script may start processes: each imports it again, and must not sweep once more."""

import ast
import multiprocessing
import sys
from pathlib import Path
from types import FrameType
from typing import Any

TODO = 'call sweep.make below a line `if __name__ == "__main__":`'
WHY = "the workers are processes which import it again"


def check() -> None:
    """Looks at who calls, before a process is started.

    Raises:
        ValueError: with one sentence, if the script that runs has no file, or does not ask for its
            name before it sweeps.
        SystemExit: with the same sentence, in a process that imports such a script again.
    """
    main = sys.modules.get("__main__")
    script = getattr(main, "__file__", None)
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise SystemExit(f"curvkit: {script or 'The script'} cannot sweep as it is: {TODO}.")
    if script is None:  # an interpreter that is typed to, or python -c: nothing to import again
        return
    if not Path(script).is_file():
        if script.startswith("<"):
            raise ValueError(
                f"A script from {script} cannot sweep, for {WHY}: save it in a file, and in it "
                f"{TODO}."
            )
        return
    line = _line(sys._getframe(1), vars(main), script)
    if line is not None and not _asks(script, line):
        raise ValueError(f"{script} cannot sweep as it is, for {WHY}: {TODO}.")


def _line(frame: FrameType | None, names: dict[Any, Any], script: str) -> int | None:
    """The line of the script, outside all functions, that is being run; None if there is none."""
    while frame is not None:
        if frame.f_globals is names and frame.f_code.co_name == "<module>":
            return frame.f_lineno if frame.f_code.co_filename == script else None
        frame = frame.f_back
    return None


def _asks(script: str, line: int) -> bool:
    """Whether a script asks for its name at or above a line; yes where that cannot be told."""
    try:
        tree = ast.parse(Path(script).read_bytes())
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return True
    tests = [each.test for each in ast.walk(tree) if isinstance(each, ast.If | ast.IfExp)]
    return any(
        isinstance(part, ast.Name) and part.id == "__name__" and part.lineno <= line
        for test in tests
        for part in ast.walk(test)
    )
