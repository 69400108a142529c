"""HTML of others without what could act: a page is something that people send one another.

A page's own policy runs no script but the page's, and asks no network. What is taken out here would
be blocked by it, too; here it is also said that something is left out, or linked to, and HTML that
is not closed, or closes too much, ends where it began.
"""

import html
import re
from collections.abc import Callable

from bs4 import BeautifulSoup
from bs4.element import PreformattedString, Tag

# More is no page, and would take minutes to look through.
MOST_TAGS = 100_000
TAGS = frozenset(
    "a abbr address article aside audio b bdi bdo big blockquote br button caption center cite "
    "code col colgroup data dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 "
    "h4 h5 h6 header hr i img input ins kbd label legend li main mark meter nav ol optgroup option "
    "output p picture pre progress q rp rt ruby s samp section select small source span strike "
    "strong style sub summary sup table tbody td tfoot th thead time tr track tt u ul var video "
    "wbr svg g path rect circle ellipse line polyline polygon text tspan defs symbol use clippath "
    "mask marker lineargradient radialgradient stop pattern desc".split()
)
# Gone with all that is in them; what else is unknown goes, and its text stays.
ACTIVE = frozenset("script iframe object embed applet frame frameset portal".split())
BARRED = frozenset(
    "srcdoc srcset action formaction ping background manifest archive codebase classid data "
    "autofocus form formmethod formtarget http-equiv nonce is contenteditable usemap".split()
)
ADDRESS = re.compile(r"(?i)^(https?:|mailto:|tel:|[^:]*$|[^:/?#]*[/?#])")
# By which the page's own scripts find the page's own parts.
OURS = frozenset("figure transport turn knob words code plotly-graph-div".split())
OUTSIDE = re.compile(r"""(?i)url\(\s*["']?(?!data:|#)|@import""")
MEDIA = re.compile(r"(?i)^data:(image|audio|video)/")
# Which HTML writes in lower case, and SVG does not.
CASED = {
    each.lower(): each
    for each in (
        "viewBox preserveAspectRatio gradientUnits gradientTransform clipPathUnits refX refY "
        "patternUnits markerWidth markerHeight clipPath linearGradient radialGradient textLength"
    ).split()
}
SCRIPT = "a script, which a page does not run, is left out here"


def note(text: str) -> str:
    """A line that says that something is left out; `text` is escaped."""
    return f'<p class="left-out">{html.escape(text)}</p>'


def html_of(
    text: str, taken_in: Callable[[str], str | None] = lambda source: None, styled: bool = True
) -> str:
    """HTML that shows what `text` shows and does nothing.

    Args:
        text: HTML of anybody.
        taken_in: what gives the `data:` address of a picture for its source, or None.
        styled: whether its style sheets are kept.

    >>> html_of("<b onclick='x()'>a<script>1</script>")
    '<b>a<p class="left-out">a script, which a page does not run, is left out here</p></b>'
    """
    soup = BeautifulSoup(text, "html.parser")
    for comment in soup.find_all(string=lambda each: isinstance(each, PreformattedString)):
        comment.extract()  # comments, declarations, and the like
    for tag in soup.find_all(True):
        if tag.decomposed or tag.parent is None:
            continue
        if tag.name in ACTIVE:
            _replace(tag, _told(tag))
        elif tag.name == "template" or (tag.name == "style" and not _keeps(tag, styled)):
            tag.decompose()
        elif tag.name not in TAGS:
            tag.unwrap()
        else:
            _disarm(tag, taken_in)
    return soup.decode(formatter="minimal")


def _keeps(style: Tag, styled: bool) -> bool:
    """Whether a style sheet is nothing but that: within SVG its text would be read as HTML."""
    return styled and style.find_parent("svg") is None and "<" not in style.get_text()


def _disarm(tag: Tag, taken_in: Callable[[str], str | None]) -> None:
    attrs = {name.lower(): value for name, value in tag.attrs.items()}
    for name, value in list(attrs.items()):
        plain = value if isinstance(value, str) else " ".join(value)
        # A browser passes over these within an address.
        plain = re.sub(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]+", "", plain)
        address = name in ("href", "xlink:href", "cite", "longdesc")
        odd = not re.fullmatch(r"[a-z_][\w.:-]*", name) or name.startswith("on") or name in BARRED
        here = tag.name in ("use",) or tag.find_parent("svg") is not None
        if odd or (address and not (plain.startswith("#") if here else ADDRESS.match(plain))):
            del attrs[name]
        elif name == "style" and OUTSIDE.search(plain):
            del attrs[name]
        elif name == "class":
            classes = value.split() if isinstance(value, str) else value
            attrs[name] = " ".join(each for each in classes if each not in OURS)
    if tag.name == "input":
        attrs["type"] = attrs["type"] if attrs.get("type") in ("checkbox", "radio") else "hidden"
    tag.attrs = {CASED.get(name, name): value for name, value in attrs.items()}
    tag.name = CASED.get(tag.name, tag.name)
    if "src" in attrs or "poster" in attrs:
        _bring_in(tag, taken_in)


def _bring_in(tag: Tag, taken_in: Callable[[str], str | None]) -> None:
    """Puts what a tag shows into the page, or says that it is not there."""
    tag.attrs.pop("poster", None)
    source = str(tag.get("src") or "").strip()
    data = source if MEDIA.match(source) else taken_in(source)
    if data:
        tag["src"] = data
        if tag.name == "img":
            tag.attrs.setdefault("alt", "a picture")
    elif source or tag.name == "img":
        _replace(tag, elsewhere(source, str(tag.get("alt") or "")))


def elsewhere(source: str, alt: str = "") -> str:
    """What stands in the place of a picture, or the like, that is not in the page."""
    if re.match(r"(?i)(https?:)?//", source):
        address = html.escape(source, quote=True)
        return f'<a href="{address}">{address}</a>'
    named = f" ({alt})" if alt else ""
    source = source if len(source) <= 80 else f"{source[:79]}…"
    return f'<span class="left-out">{html.escape(f"{source}{named} is not there")}</span>'


def _told(tag: Tag) -> str:
    """What is said where something that acts was."""
    if tag.name == "script":
        return note(SCRIPT)
    source = str(tag.get("src") or tag.get("data") or "")
    return (
        elsewhere(source)
        if re.match(r"(?i)(https?:)?//", source)
        else note("a frame, which a page does not show, is left out here")
    )


def _replace(tag: Tag, text: str) -> None:
    tag.replace_with(BeautifulSoup(text, "html.parser"))
