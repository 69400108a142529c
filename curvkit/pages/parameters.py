"""Parameters of notebooks: read off their `parameters` cell, checked before anything runs.

Papermill only warns about a parameter that no notebook has. Here an unknown name is refused, and
a value is cast to the type of the notebook's default; it is parsed, never evaluated. Where a
notebook names its room, the room's own gate has the last word.
"""

import ast
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from nbformat import NotebookNode

from curvkit.core import messages
from curvkit.host import rooms
from curvkit.pages import reading

KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


def pairs(given: Sequence[str]) -> dict[str, str]:
    """`["a=1", "b=x=y"]` as a dict; the last of a name counts.

    Raises:
        ValueError: with one sentence, if one has no name or no `=`.

    >>> pairs(["steps=22", "note=a=b"])
    {'steps': '22', 'note': 'a=b'}
    """
    values = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name.strip():
            raise ValueError(messages.refusal("--set", "of the form name=value", each))
        values[name.strip()] = value
    return values


def declared(node: NotebookNode) -> dict[str, Any]:
    r"""The parameters of a notebook with their defaults: plain values assigned in cells of them.

    IPython's own lines there, such as `%load_ext` or `!pip`, are passed over; of a cell that is not
    Python nothing is known, and running it says so.

    >>> from nbformat.v4 import new_code_cell, new_notebook
    >>> cell = new_code_cell("%matplotlib inline\nsteps = 5", metadata={"tags": ["parameters"]})
    >>> declared(new_notebook(cells=[cell]))
    {'steps': 5}
    """
    values = {}
    for cell in node.cells:
        for line in _body(cell) or ():
            targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", 0)]
            if isinstance(line, ast.Assign | ast.AnnAssign) and isinstance(targets[0], ast.Name):
                try:
                    value: Any = line.value  # None, which is refused, where only a type is told
                    values[targets[0].id] = ast.literal_eval(value)
                except (ValueError, TypeError):
                    continue  # what is computed is no parameter
    return values


def _body(cell: NotebookNode) -> list[ast.stmt] | None:
    """The statements of a cell of parameters; none of another cell; None where it is not Python."""
    tags = cell.metadata.get("tags", [])
    if cell.cell_type != "code" or not {reading.PARAMETERS, reading.EARLIER} & {*tags}:
        return []
    from IPython.core.inputtransformer2 import TransformerManager

    # A magic for the whole cell, such as %%time, has the parameters within it.
    source = re.sub(r"\A(\s*%%.*\n)+", "", cell.source)
    try:
        return ast.parse(TransformerManager().transform_cell(source)).body
    except (SyntaxError, ValueError):
        return None


def check(nodes: Mapping[str, NotebookNode], given: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What each notebook gets of `given`, cast and checked.

    Args:
        nodes: the notebooks by name.
        given: the values as they were typed, by parameter.

    Raises:
        ValueError: with one sentence, if no notebook has a parameter of a name, or a value is
            refused by the type of the default or by the gate of the notebook's room.
    """
    known = {name: declared(node) for name, node in nodes.items()}
    every = {parameter for defaults in known.values() for parameter in defaults}
    torn = [name for name, node in nodes.items() if None in map(_body, node.cells)]
    torn = f" The parameters cell of {', '.join(torn)} is not Python." if torn else ""
    for parameter in given:
        if not every:
            none = f"No notebook chosen has parameters, so {parameter!r} cannot be set."
            raise ValueError(none + torn)
        if parameter not in every:
            raise ValueError(messages.unknown("parameter", parameter, every) + torn)
    return {
        name: {
            parameter: _read(nodes[name], parameter, value, defaults[parameter])
            for parameter, value in given.items()
            if parameter in defaults
        }
        for name, defaults in known.items()
    }


def profiled(
    nodes: Mapping[str, NotebookNode], values: Mapping[str, Mapping[str, Any]], profile: str
) -> dict[str, dict[str, Any]]:
    """`values`, and where they set nothing, the settings that a notebook's metadata has for it.

    They are at `curvkit: {quick: {steps: 330}}`, of the profile `quick`; a parameter of the
    profile's name is set to True as well, and one that the notebook does not have is not set.
    """
    settings = {}
    for name, node in nodes.items():
        known, own = declared(node), node.metadata.get("curvkit", {}).get(profile, {})
        settings[name] = {profile: True} if profile in known else {}
        settings[name] |= {each: value for each, value in own.items() if each in known}
        settings[name] |= values[name]
    return settings


def _read(node: NotebookNode, parameter: str, value: str, default: Any) -> Any:
    room = node.metadata.get("curvkit", {}).get("room")
    if room is not None:
        from curvkit.core import knob  # imports jax, which a notebook without a room can do without

        settings = rooms.load(room).Settings
        if parameter in knob.knobs(settings):
            return getattr(knob.read(settings, {parameter: value}), parameter)
    return cast(parameter, value, type(default))


def cast(parameter: str, value: str, kind: type) -> Any:
    """`value` as an int, float, bool or str; nothing in it is evaluated.

    Raises:
        ValueError: with one sentence, if it is none, or `kind` is none of these.

    >>> cast("steps", "1e3", int), cast("quick", "True", bool), cast("note", "1 + 1", str)
    (1000, True, '1 + 1')
    """
    if kind not in KINDS:
        known = ", ".join(each.__name__ for each in KINDS)
        raise ValueError(
            f"{parameter} is of type {kind.__name__}, and only {known} can be set from outside."
        )
    if kind is str:
        return value
    words = {"true": True, "false": False}
    try:
        if kind is bool:
            return words[value.strip().lower()]
        return _finite(value) if kind is float else _whole(value)
    except (KeyError, ValueError, OverflowError):
        raise ValueError(messages.refusal(parameter, KINDS[kind], value)) from None


def _finite(value: str) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _whole(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        number = float(value)
    if not number.is_integer():
        raise ValueError(value)
    return int(number)
