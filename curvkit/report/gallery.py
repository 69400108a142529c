"""A static site of all notebooks: an index, a page for each, and knobs that turn with no kernel.

A page is that of the report, with what the room's main knobs come to, run beforehand, on top.
"""

import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from nbformat import NotebookNode
from rich.console import Console

from curvkit.host import files
from curvkit.pages import index, markup, page, plot, reading
from curvkit.report import execute, precompute, trained
from curvkit.report.notebooks import stems
from curvkit.report.precompute import KnobVariants
from curvkit.report.run import make, writable

SCRIPT = """
document.querySelectorAll(".turn").forEach((section) => {
  const told = JSON.parse(section.querySelector("script").textContent);
  const drawn = document.getElementById(section.dataset.figure);
  const bar = document.querySelector(`.transport[data-figure="${section.dataset.figure}"]`);
  const words = section.querySelector(".words"), sliders = section.querySelectorAll("input.knob");
  const turn = (knob, at) => {
    const { figure, said, play, picture } = told[knob][at];
    if (bar) {
      bar.dispatchEvent(new Event("pause"));
      bar.hidden = !play;
    }
    draw(drawn, figure);
    drawn.parentElement.parentElement.setAttribute("aria-label", picture);
    if (bar && play) {
      bar.dataset.frames = play.frames;
      bar.dataset.steps = play.steps;
      bar.dispatchEvent(new Event("load"));
    }
    words.innerHTML = said;
  };
  const say = (slider) => {
    const value = JSON.parse(slider.dataset.values)[slider.value];
    slider.nextElementSibling.textContent = value;
    slider.setAttribute("aria-valuetext", value);
  };
  sliders.forEach((slider, knob) => {
    slider.addEventListener("input", () => {
      // One knob is turned at a time: the others go back to where the notebook has them.
      sliders.forEach((other) => {
        if (other !== slider) other.value = other.dataset.start;
        say(other);
      });
      turn(knob, Number(slider.value));
    });
    say(slider);
  });
});
"""


def build(
    notebooks: Sequence[Path],
    *,
    out: Path,
    quick: bool = False,
    timeout: float = 600,
    jobs: int = 1,
    console: Console | None = None,
) -> list[str]:
    """Runs notebooks as `make` does, and makes a site of them in `out`; arguments as there.

    Pages of other notebooks that an earlier gallery left in `out` stay, and stay on its index.

    Returns:
        A sentence for each notebook that failed; those have no page in the site.

    Raises:
        ValueError: with one sentence, before anything runs, if a notebook wants what is not there.
    """
    for path in notebooks:
        _check(path)
    console = console or Console(quiet=True)
    failed = make(
        notebooks, formats=["notebook"], listed=False, out=out, quick=quick, timeout=timeout,
        jobs=jobs, console=console,
    )  # fmt: skip
    cards = {path.stem: _card(path) for path in sorted(out.glob("*.ipynb"))}
    for path, stem in zip(notebooks, stems([each.stem for each in notebooks]), strict=True):
        facts = index.facts_of(out / f"{stem}.ipynb")
        if facts and not facts["failure"]:
            console.print(f"{path.stem}: turning its knobs", markup=False, highlight=False)
            failed += _turned(path, out / f"{stem}.ipynb", console)
            cards[stem] = _card(out / f"{stem}.ipynb")
        files.write(out / "index.html", _index([cards[stem] for stem in sorted(cards)]))
    return failed


def _check(path: Path) -> None:
    try:
        node = reading.read(path)
    except ValueError:
        return  # told as a notebook that failed, beside those that do not
    try:
        precompute.plan(node)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
    except (TypeError, AttributeError) as error:
        raise ValueError(
            f"{path.name}: what its metadata ask for at gallery cannot be read: {error}."
        ) from error


def _turned(path: Path, record: Path, console: Console) -> list[str]:
    """Writes the page of a notebook that ended well; returns a sentence if it cannot be made."""
    node, said = nbformat.read(record, as_version=4), []
    try:
        node, said = trained.with_programs(node)
        live, lacking = trained.live(node)
        said += lacking
        content = writable(_page(node, precompute.of_notebook(node), live, path))
    except Exception as error:  # whatever the notebook holds, the others are to be drawn
        record.with_suffix(".html").unlink(missing_ok=True)
        return [f"{path.stem} failed in its page: {execute.sentence(error)}"]
    files.write(record.with_suffix(".html"), content)
    for sentence in said:
        console.print(f"{path.stem}: {sentence}", markup=False, highlight=False)
    return []


def _page(
    node: NotebookNode, turned: Sequence[KnobVariants], live: trained.Live, path: Path
) -> str:
    before = lambda nonce: _section(turned, live, nonce)
    return page.render(node, str(path.parent), before, SCRIPT, late=True)


def _section(turned: Sequence[KnobVariants], live: trained.Live, nonce: str) -> str:
    """The figures that train in the page; where nothing can, runs made beforehand; or nothing."""
    before = _before(turned, nonce)
    if live is not None:
        return trained.section(live, nonce, before)
    return trained.headed(before) if before else ""


def _before(turned: Sequence[KnobVariants], nonce: str) -> str:
    """The knobs, the figure that they turn and the words of the run, or nothing without knobs."""
    if not turned:
        return ""
    name, first = "turned", turned[0].figures[turned[0].default]
    variants = [
        [_variant(*each) for each in zip(knob.figures, knob.words, strict=True)] for knob in turned
    ]
    # Within a script element only its end could be mistaken for one.
    data = json.dumps(variants).replace("</", "<\\/").replace("<!--", "<\\!--")
    sliders = "\n".join(_slider(knob) for knob in turned)
    words = markup.markdown(turned[0].words[turned[0].default], trusted=False)
    return (
        f'<div class="turn" data-figure="figure-{name}">\n'
        "<p>These runs were made beforehand; each slider turns one knob, and the others stay as "
        f"the notebook has them.</p>\n{sliders}\n"
        f'<script type="application/json" nonce="{nonce}">{data}</script>\n'
        f"{plot.drawn(first, name, nonce, late=True)}\n"
        f'<div class="words text said" aria-live="polite">{words}</div>\n</div>\n'
    )


def _variant(figure: dict[str, Any], words: str) -> dict[str, Any]:
    shown, play = plot.without_player(figure)
    return {
        "figure": shown,
        "said": markup.markdown(words, trusted=False),
        "play": {"frames": json.dumps(play.frames), "steps": json.dumps(play.steps)}
        if play
        else None,
        "picture": plot.words(figure, 0),
    }


def _slider(knob: KnobVariants) -> str:
    values = html.escape(json.dumps(knob.values), quote=True)
    return (
        f'<label class="knob" title="{html.escape(knob.sentence, quote=True)}">'
        f"<span>{html.escape(knob.label)}</span>"
        f'<input class="knob" type="range" min="0" max="{len(knob.values) - 1}" '
        f'value="{knob.default}" data-start="{knob.default}" data-values="{values}">'
        f"<output>{html.escape(knob.values[knob.default])}</output></label>"
    )


def _card(record: Path) -> str:
    """What the index says of an executed notebook that has a page beside it, else nothing."""
    page = record.with_suffix(".html")
    facts = index.facts_of(record)
    if facts is None or facts["failure"] or not page.is_file():
        return ""
    claim = markup.markdown(_claim(nbformat.read(record, as_version=4)), trusted=False)
    return (
        f"<li>{index.thumbnail(facts)}\n"
        f'<h2><a href="{quote(page.name)}">{html.escape(facts["title"])}</a></h2>\n{claim}</li>'
    )


def _claim(node: NotebookNode) -> str:
    """The first paragraph below a notebook's title, equations and all, to the end of a sentence."""
    for cell in node.cells:
        if cell.cell_type == "markdown":
            parts = [each.strip() for each in cell.source.split("\n\n")]
            paragraphs = [each for each in parts if each and not each.startswith("#")]
            ends = (
                at for at, each in enumerate(paragraphs, 1) if each.endswith((".", ".)", "!", "?"))
            )
            return "\n\n".join(paragraphs[: next(ends, len(paragraphs))])
    return ""


def _index(cards: Sequence[str]) -> str:
    listed = "\n".join(each for each in cards if each)
    return page.shell(
        "curvkit",
        "<main>\n<h1>curvkit</h1>\n<p>See, and turn, what is known about how neural networks "
        "train. Every page plays and turns in the browser alone; in JupyterLab all knobs turn."
        f'</p>\n<ul class="cards">\n{listed}\n</ul>\n</main>',
    )
