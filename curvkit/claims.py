"""Tables of what a paper claims, held against the run of the notebook that they lie beside.

A table is a file of data, `notebooks/claims/NN_name.toml`: a paper's claims in our own words, each
with the cell that measures it, how, the paper's figure where one is known, and between which ends
the numbers of a run have to lie for it to count as reproduced, or in part. A notebook notes the
numbers as it measures them, and shows the table at its end: no number in it is typed by hand.
"""

import dataclasses
import math
import string
import tomllib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from curvkit.core import messages

REPRODUCED, IN_PART, NOT, UNKNOWN = "reproduced", "in part", "not", "not measured"
VERDICTS = (REPRODUCED, IN_PART, NOT)
HEADS = ("the paper says", "verdict", "this run", "measured here", "the paper's figure")
Ends = Mapping[str, Sequence[float]]
# How a number of a claim is shown: as it is, as a share, as a count.
SHOWN: dict[str, Callable[[float], str]] = {
    "": messages.number,
    "%": lambda value: f"{messages.number(100 * value)} %",
    "n": lambda value: f"{value:g}",
}


@dataclasses.dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        claim: what the paper says, in our own words.
        cell: the heading of the notebook under which it is measured.
        measured: what is measured there, and how.
        paper: the paper's figure, or why there is none.
        ours: what this run says of it, with `{name}` where a number stands, `{name:%}` where it is
            a share, or `{name:n}` where it counts something.
        verdict: what the notebook's run at its defaults comes to; a test holds it.
        reproduced: by the name of a number the ends between which its median has to lie.
        in_part: the same, where not all of that holds; each is looked at in turn.
    """

    claim: str
    cell: str
    measured: str
    paper: str
    ours: str
    verdict: str
    reproduced: Ends = dataclasses.field(default_factory=dict)
    in_part: Ends = dataclasses.field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """The numbers that this row is about."""
        shown = {name for _, name, _, _ in string.Formatter().parse(self.ours) if name}
        return shown | {*self.reproduced, *self.in_part}

    def judged(self, numbers: Mapping[str, "Measured"]) -> str:
        """The verdict on these numbers: the first whose ends all hold.

        >>> row = Claim("", "", "", "", "{gain}", "in part", {"gain": [2, 9]}, {"gain": [1, 9]})
        >>> row.judged({"gain": Measured([1.5])}), row.judged({})
        ('in part', 'not measured')
        """
        if not self.names <= numbers.keys():
            return UNKNOWN
        for verdict, ends in ((REPRODUCED, self.reproduced), (IN_PART, self.in_part)):
            if ends and all(_between(numbers[name], given) for name, given in ends.items()):
                return verdict
        return NOT

    def formatted(self, numbers: Mapping[str, "Measured"]) -> str:
        """`ours`, with the numbers in it; a dash where one of them was not measured."""
        if not self.names <= numbers.keys():
            return "–"
        return self.ours.format_map(dict(numbers))


class Measured:
    """A number as a run has it: one value, or one of each seed, shown as their median and ends.

    >>> f"{Measured([0.5, 0.25, 1.0])}", f"{Measured(0.125):%}", f"{Measured(4):n}"
    ('0.500 (0.250 to 1.00)', '12.5 %', '4')
    """

    def __init__(self, values: Any):
        self.values = np.sort(np.asarray(values, float).ravel())
        if not self.values.size:
            raise ValueError("A claim needs at least one number, but an empty array was noted.")

    @property
    def median(self) -> float:
        """The median of the values; nan where one of them is no number."""
        return float(np.median(self.values))

    def __format__(self, spec: str) -> str:
        if spec not in SHOWN:
            known = "{name}, {name:%} or {name:n}"
            raise ValueError(f"A number of a claim is shown as {known}, not {{name:{spec}}}.")
        shown = SHOWN[spec]
        if self.values.size == 1 or self.values[0] == self.values[-1]:
            return shown(self.median)
        return f"{shown(self.median)} ({shown(self.values[0])} to {shown(self.values[-1])})"


class Claims:
    """A paper's claims beside the numbers of this run; shown, it is a table.

    Attributes:
        notebook: its name.
        paper: what the claims are of.
        rows: the claims, each a `Claim`.
        asks: what has to lie between which ends for any verdict, such as the length of the runs.
    """

    def __init__(self, notebook: str, data: Mapping[str, Any]):
        self.notebook, self.paper = notebook, str(data["paper"])
        self.rows = tuple(Claim(**each) for each in data["row"])
        self.asks: Ends = data.get("asks", {})
        self._numbers: dict[str, Measured] = {}
        for row in self.rows:
            if row.verdict not in VERDICTS:
                raise ValueError(messages.unknown("verdict", row.verdict, VERDICTS))

    @property
    def names(self) -> set[str]:
        """All numbers that the table is about."""
        return set(self.asks).union(*(row.names for row in self.rows))

    def note(self, **numbers: Any) -> None:
        """Notes numbers by name, each one number or an array of one for each seed.

        Raises:
            ValueError: with one sentence, for a name that no row of the table is about.
        """
        for name in numbers:
            if name not in self.names:
                raise ValueError(messages.unknown("number", name, self.names))
        self._numbers |= {name: Measured(values) for name, values in numbers.items()}

    @property
    def judgeable(self) -> bool:
        """Whether this run is one of which a verdict may be given: long enough, say."""
        return all(
            name in self._numbers and _between(self._numbers[name], ends)
            for name, ends in self.asks.items()
        )

    def verdicts(self) -> list[str]:
        """The verdict on each row by the numbers noted so far."""
        if not self.judgeable:
            return [UNKNOWN] * len(self.rows)
        return [row.judged(self._numbers) for row in self.rows]

    def facts(self) -> list[dict[str, Any]]:
        """What a report, or a test, reads: for each row its claim, verdict and numbers, as JSON."""
        finite = lambda values: [float(v) if math.isfinite(v) else None for v in values]
        return [
            {
                "claim": row.claim, "verdict": verdict, "told": row.formatted(self._numbers),
                "numbers": {
                    name: finite(self._numbers[name].values)
                    for name in sorted(row.names & self._numbers.keys())
                },
            }
            for row, verdict in zip(self.rows, self.verdicts(), strict=True)
        ]  # fmt: skip

    def markdown(self) -> str:
        """The table, a line a claim, and how many of them came to which verdict."""
        verdicts, lines = self.verdicts(), [f"| {' | '.join(HEADS)} |", "|" + " --- |" * 5]
        for row, verdict in zip(self.rows, verdicts, strict=True):
            cells = [row.claim, f"**{verdict}**", row.formatted(self._numbers)]
            cells += [f"{row.measured} (*{row.cell}*)", row.paper]
            lines.append(f"| {' | '.join(each.replace('|', '∣') for each in cells)} |")
        return f"{self._summed(verdicts)}\n\n" + "\n".join(lines)

    def _summed(self, verdicts: Sequence[str]) -> str:
        about = f"Of {len(self.rows)} claims of {self.paper}, by the numbers of this run, "
        if not self.judgeable:
            ends = (f"{name} from {low:g}" for name, (low, _) in self.asks.items())
            return f"{about}none is judged: a verdict asks for {', '.join(ends)}."
        counts = [f"{verdicts.count(each)} {each}" for each in (*VERDICTS, UNKNOWN)
                  if each in verdicts]  # fmt: skip
        return f"{about}{', '.join(counts)}."

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[Any, Any]:
        text = self.markdown()
        facts = {"curvkit": {"claims": self.facts()}}
        return {"text/markdown": text, "text/plain": text}, {"text/markdown": facts}


def _between(number: Measured, ends: Sequence[float]) -> bool:
    return ends[0] <= number.median <= ends[1]


def of(notebook: str) -> Claims:
    """The table of claims that lies beside a notebook, with no number noted yet.

    Args:
        notebook: its name, such as `02_tuners`.

    Raises:
        ValueError: with one sentence, if no table of that name lies there.

    >>> of("02_tuners").paper
    'arXiv 2407.06183'
    """
    from curvkit.report.notebooks import folder

    known = {path.stem: path for path in sorted((folder() / "claims").glob("*.toml"))}
    if notebook not in known:
        raise ValueError(messages.unknown("table of claims", notebook, known))
    return Claims(notebook, tomllib.loads(known[notebook].read_text(encoding="utf-8")))
