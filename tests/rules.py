"""The house rules, as functions from source text to what breaks them; nothing here is imported.

`test_house_rules.py` calls them on every file of the house, and on sources with one thing wrong.
Each returns sentences; none means that the rule holds.
"""

import ast
import functools
import itertools
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from rooms import HOUSE, ROOMS, home

# The floor plan: what each file of a room may import besides the standard library. Settings may
# look into their own room's theory: the list of choices then is the table the theory works with,
# and is written once. Where a trace and its figures need it, too, it stands in `_names.py`, which
# imports nothing, so that every file of its room may import it.
STANDARD = {
    "settings", "trace", "experiment", "figures", "overlays", "scenes", "acts", "widget", "_names",
    "__init__",
}  # fmt: skip
MAY_IMPORT = {
    "_names": set(),
    "settings": {"core", "own theory", "jaxtyping", "numpy"},
    "trace": {"core", "jaxtyping", "numpy"},
    "experiment": {"core", "own settings", "own trace", "own theory", "lent theory", "data", "jax",
                   "jaxtyping", "numpy", "optax", "scipy"},
    "figures": {"core", "own trace", "own overlays", "draw", "plotly", "numpy"},
    "overlays": {"core", "own trace", "draw", "plotly", "numpy"},
    "scenes": {"core", "own trace", "draw", "numpy"},
    "acts": {"core", "own trace", "own scenes", "draw", "numpy"},
    "widget": {"core", "own settings", "own trace", "own experiment", "own figures", "draw",
               "show", "IPython", "plotly"},
    # Figures import plotly where they draw; the widget is imported when it is first used.
    "__init__": {"core", "room", "own settings", "own trace", "own experiment", "own figures",
                 "own scenes", "own acts", "own widget", "own inner room", "own theory", "jax"},
    "theory": {"core.tree", "core.messages", "core.statistics", "core.problem", "core.parts",
               "core.programs", "core.fingerprint", "core.flows", "own theory", "lent theory",
               "jax", "jaxtyping", "numpy", "scipy", "optax", "sklearn", "optimistix", "diffrax",
               "matfree", "cvxpy", "flint", "gymnasium", "threadpoolctl", "abess"},
}  # fmt: skip
LENDS = "curvature"
# What `Room` makes: of one room only, and not lent.
OF_ONE_ROOM = {
    "Settings", "Trace", "batch", "explore", "figures", "room", "run", "scenes", "stage", "stream",
    "tell",
}  # fmt: skip
SCREEN = {"plotly", "ipywidgets", "anywidget", "IPython", "ipykernel", "jupyterlab", "matplotlib"}
NEVER_CALLED = {"eval", "exec", "compile", "__import__"}
NEVER_IMPORTED = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
MODULE_LINES, FUNCTION_LINES = 300, 40
# They say that something was made, and not what it is.
EMPTY = {"made", "found", "told", "kept"}
EMPTY_BUT_SAVED = {
    ("tuners/_cdat.py", "kept"): "a field of CDAT's guard, whose states users have saved",
}
# What a sentence that counts it may have just one of.
PLURALS = re.compile(
    r"\*{0,2} (\w*[^s] )?(readings|steps|runs|picks|points|seeds|layers|blocks|episodes|students|"
    r"starts|marbles|notebooks|cells|trials|groups|splits|samples|rates|predictions)\b"
)
MANY = r"\b[A-Z]{2,}|number\("  # a constant, and what is no count
# Each room declares its own of these.
OF_EACH_ROOM = {"Settings", "State", "Trace"}

Rooms = dict[str, set[str]]


def imports(source: str, package: str = "") -> list[str]:
    """The full names of all that `source` imports, wherever in it, from `curvkit.…` on."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: -node.level + 1 or None]
                base = ".".join([*above, *([base] if base else [])])
            # `from curvkit.core import knob` names a module, `from curvkit.core.knob import x` too.
            found += [f"{base}.{each.name}" for each in node.names]
    return found


def floor_plan() -> Rooms:
    """The rooms of the house, each with the names of its files."""
    return {name: {path.stem for path in home(name).glob("*.py")} for name in ROOMS}


def place(path: Path) -> str:
    """The dotted name of the folder that a file of the house is in."""
    return ".".join(path.parent.relative_to(HOUSE).parts)


def role(name: str, room: str, rooms: Rooms) -> str:
    """What an imported name is to a file of `room`: `own theory`, `show`, `jax` or the like."""
    top, *rest = name.split(".")
    if top != "curvkit":
        return top
    if not rest:
        return "the whole house"
    if rest[0] not in rooms:
        return ".".join(rest[:2]) if rest[0] == "core" else rest[0]
    # The longest name of a room that the import begins with: `tuners.model` before `tuners`.
    at = max(n for n in range(1, len(rest) + 1) if ".".join(rest[:n]) in rooms)
    house, part = ".".join(rest[:at]), rest[at] if len(rest) > at else "__init__"
    part = part if part in rooms[house] else "__init__"
    if house.startswith(f"{room}.") and part == "__init__":
        return "own inner room"
    if house == room:
        return f"own {part}" if part in STANDARD else "own theory"
    if part == "__init__" and {*rest[at:]} & lent(house):
        return "lent theory"
    if part in STANDARD:
        return f"the room {house}"
    if room.startswith(f"{house}."):  # a room within a room stands on the theory of the outer one
        return "own theory"
    return "lent theory" if house == LENDS else f"the room {house}"


@functools.cache
def lent(room: str) -> set[str]:
    """The names that a room lends: all that stand in its `__all__`, but for what `Room` makes."""
    source = home(room).joinpath("__init__.py").read_text(encoding="utf-8")
    return exported(source) - OF_ONE_ROOM


def keeps_to_the_floor_plan(source: str, file: str, room: str, rooms: Rooms) -> list[str]:
    """A file of a room imports what the floor plan gives it, and nothing else of weight."""
    kind = file if file in STANDARD else "theory"
    allowed = MAY_IMPORT[kind] | ({"own _names"} if kind != "_names" else set())
    wrong = []
    for name in imports(source, f"curvkit.{room}"):
        what = role(name, room, rooms)
        if not {what, what.split(".")[0]} & (allowed | sys.stdlib_module_names):
            wrong.append(f"{room}/{file}.py imports {name}, which is {what}")
    return wrong


def knows_nothing_above(source: str, floor: str, file: str, rooms: Rooms) -> list[str]:
    """`core` and `host` know no screen, `draw` and `pages` no widget, what draws no mathematics,
    none of them what runs notebooks and sweeps, and no floor a room.
    """
    numeric = {"jax", "optax", "scipy"}
    upper = {"show", "report", "sweep", "data"}
    forbidden = {
        "core": SCREEN | upper | {"draw", "host", "pages"},
        "host": SCREEN | upper | numeric | {"draw", "pages"},
        "draw": (SCREEN | upper | numeric | {"host", "pages"}) - {"plotly"},
        "pages": upper | numeric | {"ipywidgets", "anywidget"},
        "show": numeric | {"report", "sweep"},
        "report": {"sweep"},
    }
    if (floor, file) == (HOUSE.name, "__init__"):  # the face of the house names its rooms
        return []
    below = forbidden.get(floor, set())
    # Watching is of curvature: it stands on the theory of the room that lends.
    lent = floor == "watching"
    wrong = []
    for name in imports(source, f"curvkit.{floor}"):
        top, *rest = name.split(".")
        what = rest[0] if top == "curvkit" and rest else top
        theory = lent and what == LENDS and rest[1:] and rest[1] not in STANDARD
        if (top == "curvkit" and what in rooms and not theory) or what in below:
            wrong.append(f"{floor}/{file}.py imports {name}")
    return wrong


def never_executes_data(source: str, file: str) -> list[str]:
    """No pickle, no eval, no exec: what is read is never run."""
    wrong = [
        f"{file} imports {name}" for name in imports(source) if name.split(".")[0] in NEVER_IMPORTED
    ]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in NEVER_CALLED:
                wrong.append(f"{file}:{node.lineno} calls {node.func.id}")
            for option in node.keywords:
                if option.arg == "allow_pickle" and getattr(option.value, "value", True):
                    wrong.append(f"{file}:{node.lineno} allows pickle")
    return wrong


def stays_short(source: str, file: str) -> list[str]:
    """A module of at most 300 lines, a function of at most 40, its docstring not counted."""
    lines = len(source.splitlines())
    wrong = [f"{file} has {lines} lines"] if lines > MODULE_LINES else []
    for node in functions(source):
        long = node.end_lineno - node.lineno + 1
        first = node.body[0]
        if ast.get_docstring(node) is not None:
            long -= first.end_lineno - first.lineno + 1
        if long > FUNCTION_LINES:
            wrong.append(f"{file}: {node.name} has {long} lines")
    return wrong


def says_what_it_is(source: str, file: str) -> list[str]:
    """No variable, argument, field, function or import is called by a word of `EMPTY`."""
    allowed = {name for at, name in EMPTY_BUT_SAVED if at == file}
    return [
        f"{file}:{line} calls something {name}"
        for line, name in _bound(source)
        if name in EMPTY - allowed
    ]


def counts_in_words(source: str, file: str) -> list[str]:
    """No number that may be 1 has a plural after it: `messages.counted` writes those."""
    wrong = []
    for text in ast.walk(ast.parse(source)):
        for number, words in itertools.pairwise(getattr(text, "values", ())):
            if isinstance(number, ast.FormattedValue) and isinstance(words, ast.Constant):
                what, given = PLURALS.match(words.value), ast.unparse(number.value)
                if what and number.format_spec is None and not re.search(MANY, given):
                    wrong.append(f"{file}:{number.lineno} writes {{{given}}}{what.group()}")
    return wrong


def _bound(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield node.lineno, name
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield node.lineno, name
            case ast.alias(name=name, asname=given):
                yield node.lineno, given or name


def one_class_of_a_name(sources: Mapping[str, str]) -> list[str]:
    """A name of a class means one thing in the whole house; the sources are given by file."""
    files: dict[str, list[str]] = {}
    for file, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef) and node.name not in OF_EACH_ROOM:
                files.setdefault(node.name, []).append(file)
    return [
        f"{name} is a class in {' and in '.join(there)}"
        for name, there in files.items()
        if len(there) > 1
    ]


def functions(source: str) -> Iterator[ast.FunctionDef]:
    """All functions of a source, those within others included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def public(source: str) -> list[ast.FunctionDef | ast.ClassDef]:
    """The public functions and classes at the top of a module."""
    kinds = ast.FunctionDef | ast.ClassDef
    return [
        node
        for node in ast.parse(source).body
        if isinstance(node, kinds) and not node.name.startswith("_")
    ]


def shows_an_example(source: str, file: str, exported: set[str]) -> list[str]:
    """Every function that a room exports from its theory has a doctest."""
    return [
        f"{file}: {node.name} has no doctest"
        for node in public(source)
        if isinstance(node, ast.FunctionDef)
        and node.name in exported
        and ">>>" not in (ast.get_docstring(node) or "")
    ]


def says_what_it_does(source: str, file: str) -> list[str]:
    """Every module and every public function and class has a docstring."""
    wrong = [] if ast.get_docstring(ast.parse(source)) else [f"{file} has no docstring"]
    absent = [node.name for node in public(source) if not ast.get_docstring(node)]
    return wrong + [f"{file}: {name} has no docstring" for name in absent]


def maps_its_symbols(source: str, file: str) -> list[str]:
    """A theory module opens with one table of its symbols."""
    told = ast.get_docstring(ast.parse(source)) or ""
    tables = len(re.findall(r"^\| *symbol *\|", told, re.MULTILINE))
    return [] if tables == 1 else [f"{file} has {tables} symbol tables"]


def exported(package: str) -> set[str]:
    """The names in `__all__` of a package's source."""
    for node in ast.parse(package).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def files(pattern: str) -> list[Path]:
    """The files of the house that match, so that a new one is held to the rules by itself."""
    return sorted(HOUSE.glob(pattern))
