"""The command `curvkit doctor`."""

import io
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from curvkit.doctor.checks import Check

MARKS = {"ok": "✓", "note": "·", "wrong": "✗"}
STYLES = {"ok": "green", "note": "yellow", "wrong": "bold red"}
Run = Annotated[
    bool, typer.Option("--run", help="Also run each notebook with its quick settings; minutes.")
]
Compile = Annotated[
    bool,
    typer.Option("--compile/--no-compile", help="Whether to time a first figure, some 20 s."),
]


def doctor(run: Run = False, compile: Compile = True) -> None:
    """Look at what a class needs, and say what is wrong and what to do about it.

    The status is 0 if nothing is wrong, and 1 if something is.
    """
    findings = _look(run, compile)
    console = Console()
    console.print(_table(findings))
    wrong = [each.name for each in findings if each.state == "wrong"]
    if wrong:
        verdict = f"Wrong: {', '.join(wrong)}. What to do stands beside it."
    else:
        verdict = "Ready for class."
    console.print(verdict, highlight=False)
    raise typer.Exit(1 if wrong else 0)


def _look(run: bool, compile: bool) -> list[Check]:
    from curvkit.doctor import checks, notebooks

    findings = [checks.versions()]
    if compile:
        with Console(stderr=True).status("timing a first figure, twice"):
            findings += checks.compiling()
    findings += [checks.cache(), checks.disk(), checks.memory(), checks.widgets(), checks.kernel()]
    findings += [checks.opening(), checks.printing()]
    each = list(notebooks.each_notebook())
    return findings + (_ran(each) if run else each)


def _ran(each: list[Check]) -> list[Check]:
    """The findings of notebooks that were run, in place of those that were only read."""
    from curvkit.host import machine
    from curvkit.pages import index
    from curvkit.report import notebooks
    from curvkit.report.run import make

    known = {path.stem: path for path in notebooks.choose()}
    paths = [known[finding.name] for finding in each if finding.state == "ok"]
    with tempfile.TemporaryDirectory(prefix="curvkit-doctor-") as folder:
        out = Path(folder)
        with Console(stderr=True).status("running the notebooks"):
            jobs = machine.notebooks_at_once()
            make(paths, out=out, quick=True, jobs=jobs, console=Console(file=io.StringIO()))
        facts = index.earlier(out)
    findings = []
    for finding in each:
        run = facts.get(finding.name)
        if run is None:
            findings.append(finding)
        elif run["failure"]:
            advice = f"curvkit report {finding.name} --profile quick, and read its log"
            findings.append(Check(finding.name, "wrong", run["failure"], advice))
        else:
            peak = f", {run['peak_mb']:.0f} MB" if run.get("peak_mb") else ""
            findings.append(Check(finding.name, "ok", f"ran in {run['seconds']:.0f} s{peak}"))
    return findings


def _table(checks: list[Check]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for each in checks:
        text = f"{each.message}\n→ {each.advice}" if each.advice else each.message
        style = STYLES[each.state]
        # As text and not as markup: a finding may hold brackets.
        table.add_row(Text(MARKS[each.state], style), Text(each.name), Text(text))
    return table
