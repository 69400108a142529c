"""The words of pages: each equation is drawn, each text escaped once, and no knob is spoken of."""

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from curvkit.pages import markup, safe
from curvkit.report import gallery

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
named = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
# What a hand does to a panel, of which a page has none.
KNOBS = re.compile(
    r"(?i)\bdrag\b|\bsliders?\b.*let go|keep this run|take (the )?model|shift\+enter|let go|"
    r"turn \*|turn (the|a) knob|(panel above|first panel)|look at \*"
)
TWICE = re.compile(r"&amp;(#\w+|lt|gt|amp|quot|nbsp);")


def drawn(notebook):
    """The Markdown of a notebook as its page has it, cell by cell."""
    cells = nbformat.read(notebook, 4).cells
    sources = [markup.for_page(each.source) for each in cells if each.cell_type == "markdown"]
    return [markup.markdown(each, path=str(notebook.parent)) for each in sources]


def plain(made):
    """The words of HTML, without those of its code."""
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"(?s)<(code|pre)\b.*?</\1>", "", made)))


@named
def test_every_equation_of_every_notebook_is_drawn_and_no_text_is_escaped_twice(notebook):
    cells = drawn(notebook)
    assert any("<math" in made for made in cells)
    for made in cells:
        assert 'class="formula"' not in made
        assert "$" not in plain(made) and "\\" not in plain(made)
        assert not TWICE.search(made)


@named
def test_a_card_of_the_gallery_draws_its_claim(notebook):
    claim = markup.markdown(gallery._claim(nbformat.read(notebook, 4)), trusted=False)
    assert 'class="formula"' not in claim and "$" not in plain(claim) and "<!--" not in claim


@named
def test_no_page_speaks_of_knobs_that_it_does_not_have(notebook):
    exercises = False
    for made in drawn(notebook):
        exercises |= "Best tried in JupyterLab" in made
        found = KNOBS.search(plain(made))
        assert exercises or not found, found
        assert "live" not in re.findall(r"<!--(.*?)-->", made)
    assert exercises or notebook.stem.startswith("00")


@named
def test_what_is_said_of_knobs_alone_begins_and_ends(notebook):
    for cell in nbformat.read(notebook, 4).cells:
        begins, ends = (
            len(re.findall(rf"<!-- {each} -->", cell.source)) for each in ("live", "/live")
        )
        assert begins == ends
        assert cell.source.count("<!--") == begins + ends + len(markup.PAGE.findall(cell.source))


@pytest.mark.parametrize(
    "formula",
    [
        r"\hat\jmath = \arg\max_j \lVert Q_j^\top r \rVert", r"\imath \hat{\imath} \bar\jmath",
        r"\arg z", r"\arg \min_x f", r"x \label{eq} \nonumber \tag{1}",
        r"\left. x \middle| y \right.",
        r"\ensuremath{x}", r"\begin{aligned}[t] a &= b \end{aligned}", r"\displaystyle x \hdots y",
        r"\operatorname*{arg\,max}_x f", r"\begin{cases} 1 & x \\ 0 & y \end{cases}",
    ],
)  # fmt: skip
def test_an_equation_is_drawn(formula):
    made = markup.mathml(formula, "block")
    assert made.startswith("<math") and "\\" not in re.sub(r"<[^>]*>", "", made)


def test_an_equation_that_cannot_be_drawn_is_there_as_it_was_written():
    made = markup.mathml(r"\unheardof{x} < 1", "inline")
    assert made == r'<code class="formula">$\unheardof{x} &lt; 1$</code>'


def test_equations_within_html_are_drawn_and_dollars_of_code_are_kept():
    told = "<div>of $a^2$ and $$b &lt; c$$ <code>$x$ and $y$</code> <b title='$z$'>d</b></div>"
    made = markup.markdown(told)
    assert made.count("<math") == 2 and "<code>$x$ and $y$</code>" in made and 'title="$z$"' in made


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Newton's", "Newton's"), ("Newton&#x27;s", "Newton's"), ("a &lt; b &amp; c", "a < b & c"),
        ("a < b & c", "a < b & c"), ("`&lt;`", "&lt;"), ("x&nbsp;y", "x\xa0y"),
        ("&nosuch;", "&nosuch;"),
    ],
)  # fmt: skip
def test_text_is_escaped_once(source, shown, trusted):
    for around in ("{}", "# {}", "- {}", "| {} |\n|---|\n| {} |", "**{}**", "[{}](a.html)"):
        made = markup.markdown(around.replace("{}", source), trusted=trusted)
        words = html.unescape(re.sub(r"<[^>]*>", "", made)).split("\n")
        assert shown in [each.strip(" ") for each in words] and "<b" not in made


# HTML of others

ACTIVE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>", "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href=' &#1;javascript:alert(1)'>x</a>", "<a href='data:text/html,alert(1)'>x</a>",
    "<a href='vbscript:alert(1)'>x</a>", "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='data:text/html,alert(1)'></object>", "<embed src='javascript:alert(1)'>",
    "<form action='javascript:alert(1)'><button formaction='javascript:alert(1)'>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>", "<base href='//alert(1)/'>",
    "<link rel=stylesheet href='//alert(1)'>", "<math><mtext><script>alert(1)</script></mtext>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>", "<noscript><p title='</noscript><img "
    "src=x onerror=alert(1)>'></noscript>", "<!--><img src=x onerror=alert(1)>-->",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<textarea><img onerror=alert(1)>", "<title><img src=x onerror=alert(1)></title>",
    "<svg><use href='data:image/svg+xml,alert(1)'></use></svg>", "<details ontoggle=alert(1) open>",
    "<body onload=alert(1)>", "<style>@import 'javascript:alert(1)'</style>", "<isindex type=image "
    "src=1 onerror=alert(1)>", "<x onclick=alert(1)>y</x>", "<img/src='x'/onerror=alert(1)>",
    "<video poster='javascript:alert(1)'><source onerror=alert(1)></video>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<svg><set attributeName=href to='javascript:alert(1)'>",
]  # fmt: skip


class Acts(HTMLParser):
    """What of HTML acts: elements, attributes that are called, and addresses that run."""

    WRONG = "script iframe object embed base meta link form noscript template".split()
    CALLED = ("srcdoc", "formaction", "action", "http-equiv", "poster")

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found += [tag] * (tag in self.WRONG)
        for name, value in attrs:
            called = name.startswith("on") or name in self.CALLED
            runs = name != "title" and "alert" in (value or "")
            self.found += [(tag, name, value)] * (called or runs)

    def handle_data(self, data):
        self.found += [data] * (self.lasttag == "style" and "<" in data)


@pytest.mark.parametrize("source", ACTIVE)
def test_nothing_that_acts_is_left_of_the_html_of_others(source):
    for made in (
        safe.html_of(source),
        markup.markdown(source),
        markup.markdown(f"words {source} words"),
    ):
        assert Acts(made).found == []
    again = safe.html_of(safe.html_of(source))
    assert again == safe.html_of(source)


def test_what_shows_something_stays_as_it_was():
    kept = (
        '<table class="t"><tr><td colspan="2" style="color: red">a</td></tr></table>'
        '<details open=""><summary>s</summary>x</details><a href="b.html#c">b</a>'
        '<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>'
        '<img alt="i" src="data:image/png;base64,AA=="/><input type="checkbox"/>'
    )
    made = safe.html_of(kept)
    for part in re.findall(r"<[^/][^>]*>", kept):
        name = re.match(r"<(\w+)", part)[1]
        assert f"<{name}" in made
        for attribute in re.findall(r'[\w-]+="[^"]*"', part):
            assert attribute in made, attribute


@pytest.mark.parametrize(
    "torn", ["</div></main>", "<div><p>", "<!-- ", "<textarea>", "<title>", "<td>"]
)
def test_html_that_is_torn_ends_where_it_began(torn):
    made = markup.markdown(f"before\n\n{torn}\n\nafter **bold**")
    assert "after" in made
    assert made.count("<div") == made.count("</div") and "</main" not in made
