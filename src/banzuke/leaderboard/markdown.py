"""Markdown of strangers as HTML that can do nothing but be read."""

from __future__ import annotations

from functools import cache
from typing import Any

from markupsafe import Markup

_LONGEST = 100_000
_TAGS = {
    "p",
    "br",
    "hr",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "strong",
    "em",
    "del",
    "code",
    "pre",
    "blockquote",
    "ul",
    "ol",
    "li",
    "a",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
_SCHEMES = {"http", "https", "mailto"}


def safe_markdown(text: str) -> Markup:
    """Return Markdown as HTML without scripts, styles, pictures, forms or odd links.

    HTML inside of the text is shown as text. Links leave with ``rel="nofollow noopener
    noreferrer ugc"``. Headings start at the second level, for the page has its own first.

    Parameters
    ----------
    text : str
        What is beyond 100,000 characters is left out.

    Examples
    --------
    >>> print(safe_markdown("**bold** <script>alert(1)</script>"))
    <p><strong>bold</strong> &lt;script&gt;alert(1)&lt;/script&gt;</p>
    """
    import nh3

    parser = _parser()
    tokens = parser.parse(text[:_LONGEST])
    for token in tokens:
        if token.tag == "h1":
            token.tag = "h2"
    html = parser.renderer.render(tokens, parser.options, {})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes=_SCHEMES,
        link_rel="nofollow noopener noreferrer ugc",
    )
    return Markup(clean.strip())  # noqa: S704 - cleaned above


@cache
def _parser() -> Any:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(
        ["table", "strikethrough"]
    )
    return parser.disable("image")
