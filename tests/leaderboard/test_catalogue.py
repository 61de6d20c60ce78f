"""The words of the pages: in both languages, all of them used, none outside the catalogues."""

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import nodes
from markupsafe import escape

import banzuke.leaderboard
from banzuke.leaderboard.catalogue import LANGUAGES, CatalogueError, catalogue, load
from banzuke.leaderboard.templating import environment

ROOM = Path(banzuke.leaderboard.__file__).parent
TEMPLATES = sorted(path.name for path in (ROOM / "templates").glob("*.html"))
KEYS = set(catalogue("en").messages)
NOT_WORDS = {
    "banzuke",
    "番付",
    "横綱",
    "大関",
    "関脇",
    "小結",
    "CSV",
    "JSON",
    "Parquet",
    "API",
    "B",
}
NOT_WORDS |= {"p", "PC", "MIC"}  # names of numbers
SPOKEN = re.compile(r'\b(?:aria-label|title|placeholder|alt)="([^"]*)"')


def parsed(template):
    source, _, _ = environment("en").loader.get_source(environment("en"), template)
    return environment("en").parse(source)


def asked_of_templates():
    """Keys that templates ask for, and beginnings of keys that they make."""
    for template in TEMPLATES:
        for call in parsed(template).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "t":
                yield template, call.args[0]


def beginning(argument):
    while isinstance(argument, nodes.Concat):
        argument = argument.nodes[0]
    return argument.value


def constants_of_code():
    """Every text constant of the room, and the beginnings of the composed ones."""
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path, node, node.value
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                yield path, node, str(node.values[0].value)


def test_every_message_of_a_template_exists():
    for template, argument in asked_of_templates():
        first = beginning(argument)
        whole = isinstance(argument, nodes.Const)
        assert first in KEYS if whole else any(key.startswith(first) for key in KEYS), (
            f"{template}: {first}"
        )


def test_every_message_of_the_code_exists():
    for path in ROOM.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(call, "func", None)
            named = isinstance(name, ast.Name) and name.id in (
                "say", "words", "ToldError", "RefusedError", "NotThereError"
            )  # fmt: skip
            if named and call.args and isinstance(call.args[0], ast.Constant):
                assert call.args[0].value in KEYS, f"{path.name}: {call.args[0].value}"


def test_every_message_is_used():
    whole = {beginning(one) for _, one in asked_of_templates() if isinstance(one, nodes.Const)}
    starts = {beginning(one) for _, one in asked_of_templates() if not isinstance(one, nodes.Const)}
    for _, node, text in constants_of_code():
        (whole if isinstance(node, ast.Constant) else starts).add(text)
    starts = tuple(start for start in starts if "." in start)
    unused = {key for key in KEYS - whole if not key.startswith(starts)}
    assert not unused


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_words_stand_in_a_template(template):
    text = "".join(_visible(parsed(template)))
    spoken = " ".join(SPOKEN.findall(text))
    outside = re.sub(r"<[^>]*>", " ", re.sub(r"&#?\w+;", " ", text))
    words = set(re.findall(r"[^\W\d_]+", f"{outside} {spoken}"))
    assert words <= NOT_WORDS, f"move these to the catalogues: {sorted(words - NOT_WORDS)}"


def _visible(tree):
    """Text of a template in order; an expression outside a tag gives the constants it may show."""
    depth = ""
    for node in tree.find_all(nodes.Output):
        for part in node.nodes:
            if isinstance(part, nodes.TemplateData):
                yield part.data
                depth += part.data
            elif depth.rfind("<") <= depth.rfind(">"):
                yield " ".join(_shown(part))


def _shown(node):
    if isinstance(node, nodes.Const):
        yield str(node.value)
    elif isinstance(node, nodes.CondExpr):
        yield from _shown(node.expr1)
        if node.expr2 is not None:
            yield from _shown(node.expr2)


@given(st.text(), st.integers(0, 10**12))
def test_values_are_escaped_in_pages_and_numbers_have_separators(text, number):
    for language in LANGUAGES:
        say = catalogue(language)
        shown = say.markup("scatter.title", board=text)
        assert str(escape(text)) in shown
        assert say("scatter.title", board=text).count(text) >= 1
        assert f"{number:,}" in say("board.none_matches", total=number)


def test_one_and_many():
    say = catalogue("en")
    assert say("items.were_run", n=1) == "1 item was run."
    assert say("items.were_run", n=1200) == "1,200 items were run."
    assert catalogue("ja")("items.were_run", n=1) == "1 問を実行しました。"
    assert catalogue("xx").language == "en"


@pytest.mark.parametrize(
    ("english", "japanese", "problem"),
    [
        ('a = "A"', 'b = "B"', "only in one language"),
        ('a = "A {x}"', 'a = "B {y}"', r"'page.a' has \['y'\], 'en' has \['x'\]"),
        ("a = 3", "a = 3", "must be a text, or 'one' and 'other'"),
        ('a = { one = "A" }', 'a = "A"', "must be a text, or 'one' and 'other'"),
    ],
)
def test_catalogues_that_do_not_agree_are_refused(tmp_path, english, japanese, problem):
    for language, text in (("en", english), ("ja", japanese)):
        (tmp_path / language).mkdir()
        (tmp_path / language / "page.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=problem):
        load(tmp_path)


def test_an_unknown_message_and_a_missing_value_are_refused():
    say = catalogue("ja")
    with pytest.raises(CatalogueError, match=r"no message 'no\.such'"):
        say("no.such")
    with pytest.raises(CatalogueError, match="needs a value for 'n'"):
        say("items.were_run")
