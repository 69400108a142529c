"""Markdown to HTML, with its equations as MathML, which browsers draw without a script.

HTML within Markdown is drawn, and does nothing: see `safe`. What a notebook says of knobs, which
a page does not have, stands between `<!-- live -->` and `<!-- /live -->` in its cells, and is left
out of pages; what only a page says, in `<!-- page: … -->`, which notebooks do not show.
"""

import html
import re
import secrets
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from curvkit.pages import safe

# The environments of amsmath that latex2mathml knows under another name.
RENAMED = {"aligned": "align*", "equation": "", "equation*": "", "gathered": "align*"}
# What it does not know, in what it knows; what numbers or breaks a line shows nothing here.
KNOWN = {
    r"\\arg(?=\s*\\(max|min|sup|inf)\b)": r"\\operatorname{arg}\\,",
    r"\\arg\b": r"\\operatorname{arg}",
    r"\\(nonumber|notag|allowbreak|nobreak|displaylimits|nolimits|hline|hfill)\b": "",
    r"\\label\{[^{}]*\}": "",
    r"\\middle\b": "",
    r"\\ensuremath\b": "",
    r"\\symbf\b": r"\\mathbf",
    r"\\hdots\b": r"\\ldots",
    r"\\(vcentcolon|ratio)\b": ":",
    r"\\dblcolon\b": "::",
    r"\\begin\{(aligned|gathered|split)\}\[[tbc]\]": r"\\begin{\1}",
}
# Equations within HTML, and where none are looked for: code, and tags.
DOLLARS = re.compile(
    r"(?is)<(?P<tag>code|pre|script|style)\b.*?</(?P=tag)\s*>|</?[a-z!][^>]*>|"
    r"(?<!\\)\$\$(?P<block>[^$]+)\$\$|(?<![$\\])\$(?P<inline>[^$]+)(?<!\\)\$(?!\$)"
)
LIVE = re.compile(r"(?s)<!--\s*live\s*-->.*?<!--\s*/live\s*-->\n?")
PAGE = re.compile(r"(?s)<!--\s*page:\s?(.*?)\s*-->")
# What an equation on a line of its own stands in, which scrolls where it is too wide for a page.
SCROLLS = '<span class="scrolls">'
# Of pictures, those that are drawn anew at any size first, then those that lose nothing.
PICTURES = ("image/svg+xml", "image/png", "image/jpeg")


class Renderer(IPythonRenderer):
    """nbconvert's renderer, which keeps code apart from equations, with equations converted.

    Attributes:
        mixed: whether HTML stood in the Markdown.
        equations: what is to be put in place of marks once that HTML has been looked through.
    """

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.mixed, self.equations, self._nonce = False, {}, secrets.token_hex(6)

    def inline_math(self, body: str) -> str:
        """An equation within a line."""
        return self._equation(body, "inline")

    def block_math(self, body: str) -> str:
        """An equation on a line of its own."""
        return self._equation(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        """An equation written as an environment."""
        return self._equation(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")

    def _equation(self, body: str, display: str) -> str:
        mark = f"[equation {len(self.equations)} {self._nonce}]"
        written = mathml(body, display)
        self.equations[mark] = f"{SCROLLS}{written}</span>" if display == "block" else written
        return mark

    def text(self, text: str) -> str:
        """Text, escaped once, be there references to characters in it or not."""
        return html.escape(html.unescape(text), quote=False)

    def inline_html(self, html: str) -> str:
        """HTML within a line."""
        self.mixed = True
        return self.escape_html(html) if self._escape else html

    def block_html(self, html: str) -> str:
        """HTML on lines of its own, which may end in a later block."""
        self.mixed = True
        if self._escape:
            return f"<p>{self.escape_html(html.strip())}</p>\n"
        return f"{DOLLARS.sub(self._within, html)}\n"

    def _within(self, match: re.Match[str]) -> str:
        """An equation within HTML, where Markdown does not look for any, and notebooks do."""
        block, inline = match["block"], match["inline"]
        if block is None and inline is None:
            return match[0]
        return self._equation(html.unescape(block or inline), "block" if block else "inline")

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """A picture, a link to one that lies on the network, or that it is not there."""
        alt = html.unescape(re.sub(r"<[^>]*>", "", text))
        data = self.taken_in(url)
        if data is None:
            return safe.elsewhere(unquote(url), alt)
        tooltip = f' title="{html.escape(title)}"' if title else ""
        return f'<img src="{html.escape(data)}" alt="{html.escape(alt)}"{tooltip} />'

    def taken_in(self, source: str) -> str | None:
        """The `data:` address of a picture of the cell or of the notebook's folder, or None."""
        if safe.MEDIA.match(source):
            return source
        if source.startswith("attachment:"):
            return _attached(self.attachments, source.removeprefix("attachment:"))
        for each in dict.fromkeys((source, unquote(source))) if self.path else ():
            try:
                address = self._src_to_base64(each)
            except (OSError, ValueError):  # a folder, or a name that no file can have
                continue
            if address and safe.MEDIA.match(address):
                return address
        return None

    def link(self, *parts, **more) -> str:
        """A link; one to another notebook goes to its page."""
        return re.sub(r'href="([^":/]+)\.ipynb', r'href="\1.html', super().link(*parts, **more))


def markdown(source: str, *, path: str = "", attachments=None, trusted: bool = True) -> str:
    """The HTML of Markdown.

    Args:
        source: the Markdown.
        path: the folder whose images are taken into the page.
        attachments: images of the cell, as notebooks keep them.
        trusted: whether HTML within it is drawn, without what could act; else it is escaped.

    >>> markdown("a <b onclick='x()'>b</b>"), markdown("a <b>b</b> &lt;", trusted=False)
    ('<p>a <b>b</b></p>\\n', '<p>a &lt;b&gt;b&lt;/b&gt; &lt;</p>\\n')
    """
    renderer = Renderer(
        escape=not trusted,
        allow_harmful_protocols=False,
        exclude_anchor_links=True,
        path=path,
        attachments=attachments if isinstance(attachments, Mapping) else {},
    )
    rendered = MarkdownWithMath(renderer=renderer).render(source)
    if renderer.mixed and trusted:
        rendered = safe.html_of(rendered, renderer.taken_in, styled=False)
    for mark, equation in renderer.equations.items():
        rendered = rendered.replace(mark, equation)
    return rendered


def for_page(source: str) -> str:
    """A cell's Markdown as a page has it: without what is said of knobs, with what only pages say.

    >>> for_page("Look.<!-- live --> Drag the slider.<!-- /live --><!-- page: Press play. -->")
    'Look.Press play.'
    """
    return PAGE.sub(r"\1", LIVE.sub("", source))


def _attached(attachments: Mapping[str, Any], name: str) -> str | None:
    """The picture of a cell: by its name as it stands there, or as an address writes it."""
    plain = {unicodedata.normalize("NFC", str(key)): each for key, each in attachments.items()}
    names = (unicodedata.normalize("NFC", each) for each in (name, unquote(name)))
    bundle = next((plain[each] for each in names if each in plain), None)
    if not isinstance(bundle, Mapping) or not bundle:
        return None
    kind = next((each for each in PICTURES if each in bundle), next(iter(bundle)))
    data = bundle[kind] if isinstance(bundle[kind], str) else "".join(map(str, bundle[kind]))
    address = f"data:{kind};base64,{re.sub(r'[^A-Za-z0-9+/=]', '', data)}"
    return address if safe.MEDIA.match(address) else None


def mathml(formula: str, display: str) -> str:
    """A LaTeX formula as MathML, or as escaped text where it cannot be converted.

    >>> mathml(r"a^2", "inline")[-53:]
    '<mrow><msup><mi>a</mi><mn>2</mn></msup></mrow></math>'
    """
    wanted = formula.strip()
    for unknown, known in KNOWN.items():
        wanted = re.sub(unknown, known, wanted)
    for name, known in RENAMED.items():
        for end in ("begin", "end"):
            wanted = wanted.replace(rf"\{end}{{{name}}}", rf"\{end}{{{known}}}" if known else "")
    try:
        element = convert_to_element(wanted, display=display)
    except Exception:  # its errors have no common base, and a page is worth more than a formula
        return _as_text(formula, display)
    element.set("class", "equation")
    # latex2mathml writes symbols as references, which are no text to be escaped once more.
    written = ElementTree.tostring(element, encoding="unicode").replace("&amp;#", "&#")
    return _as_text(formula, display) if re.search(r"<m[io][^>]*>\\", written) else written


def _as_text(formula: str, display: str) -> str:
    mark = "$$" if display == "block" else "$"
    return f'<code class="formula">{html.escape(mark + formula + mark)}</code>'
