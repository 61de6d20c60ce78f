"""Markdown of strangers: readable, and harmless."""

from __future__ import annotations

import re

import pytest

from banzuke.leaderboard.markdown import safe_markdown


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "![x](https://tracker.example/pixel.png)",
        "<a href='x' onclick='alert(1)'>x</a>",
        '[x](https://a.example/"onmouseover="alert(1))',
        "<svg/onload=alert(1)>",
        "<style>body{display:none}</style>",
        "<iframe src=//evil.example></iframe>",
        "<form action=/logout><button>",
        "`</code><script>alert(1)</script>`",
        "| a |\n|---|\n| <b onclick=x> |",
        "[x]: javascript:alert(1)\n\n[x]",
        "<!-- --><math><mtext></table><script>",
    ],
)
def test_hostile_markdown_does_nothing(text):
    html = str(safe_markdown(text))
    tags = re.findall(r"<([a-z0-9]+)([^>]*)>", html)
    assert not {name for name, _ in tags} & {"script", "img", "svg", "style", "iframe", "form"}
    for name, attributes in tags:
        assert not attributes or name == "a"
        assert not re.search(r"(?i)\bon\w+=(?!.*%)|javascript:|data:|vbscript:|style=", attributes)


def test_ordinary_markdown_is_kept():
    html = str(
        safe_markdown("# Top\n\n- *a* [b](https://c.example)\n\n| x | y |\n|---|---|\n| 1 | 2 |")
    )
    assert "<em>a</em>" in html
    assert '<a href="https://c.example" rel="nofollow noopener noreferrer ugc">b</a>' in html
    assert "<td>1</td>" in html
    assert html.startswith("<h2>Top</h2>")
