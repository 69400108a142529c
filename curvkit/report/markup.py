"""Markdown to HTML, with its equations as MathML, which browsers draw without a script."""

import html
import re
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

# The environments of amsmath that latex2mathml knows under another name.
RENAMED = {"aligned": "align*", "equation": "", "equation*": "", "gathered": "align*"}


class Renderer(IPythonRenderer):
    """nbconvert's renderer, which keeps code apart from equations, with equations converted."""

    def inline_math(self, body: str) -> str:
        """An equation within a line."""
        return mathml(body, "inline")

    def block_math(self, body: str) -> str:
        """An equation on a line of its own."""
        return mathml(body, "block")

    def image(self, *parts, **more) -> str:
        """An image, or a link to it where it lies on the network."""
        made = super().image(*parts, **more)
        remote = re.search(r'src="((?:https?:)?//[^"]*)"', made)
        return f'<a href="{remote[1]}">{remote[1]}</a>' if remote else made

    def link(self, *parts, **more) -> str:
        """A link; one to another notebook goes to its page."""
        return re.sub(r'href="([^":/]+)\.ipynb', r'href="\1.html', super().link(*parts, **more))

    def latex_environment(self, name: str, body: str) -> str:
        """An equation written as an environment."""
        return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")


def markdown(source: str, *, path: str = "", attachments=None, trusted: bool = True) -> str:
    """The HTML of Markdown; HTML within it stays HTML only if `trusted`.

    Args:
        source: the Markdown.
        path: the folder whose images are taken into the page.
        attachments: images of the cell, as notebooks keep them.
        trusted: whether the author of the page wrote it; what a program printed is escaped.
    """
    renderer = Renderer(
        escape=not trusted,
        allow_harmful_protocols=False,
        embed_images=bool(path),
        exclude_anchor_links=True,
        path=path,
        attachments=attachments,
    )
    return MarkdownWithMath(renderer=renderer).render(source)


def mathml(formula: str, display: str) -> str:
    """A LaTeX formula as MathML, or as escaped text where it cannot be converted.

    >>> mathml(r"a^2", "inline")[-53:]
    '<mrow><msup><mi>a</mi><mn>2</mn></msup></mrow></math>'
    """
    wanted = formula.strip()
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
    return _as_text(formula, display) if re.search(r"<m[io]>\\", written) else written


def _as_text(formula: str, display: str) -> str:
    mark = "$$" if display == "block" else "$"
    return f'<code class="formula">{html.escape(mark + formula + mark)}</code>'
