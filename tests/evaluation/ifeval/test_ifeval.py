"""IFEval: every kind of instruction by cases of our own, strict and loose accuracy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from banzuke.evaluation.ifeval import CHECKS, follow
from banzuke.evaluation.ifeval.counts import count_sentences
from banzuke.evaluation.measures import MEASURES
from banzuke.evaluation.tasks import Item
from banzuke.exceptions import InvalidInputError

ENGLISH = "the weather in the mountains was cold and the river had frozen during the night"
CASES = {
    "change_case:capital_word_frequency": (
        {"capital_relation": "at least", "capital_frequency": 2},
        ["We saw NASA and ESA there", "HIGH-TECH GEAR."],
        ["We saw NASA there", "none"],
    ),
    "change_case:english_capital": (
        {},
        [ENGLISH.upper()],
        [ENGLISH, "DAS WETTER IST HEUTE SEHR SCHÖN UND WARM"],
    ),
    "change_case:english_lowercase": ({}, [ENGLISH], [ENGLISH.capitalize(), ENGLISH.upper()]),
    "combination:repeat_prompt": (
        {"prompt_to_repeat": "Name a river. "},
        ["name a river.\nThe Kamo."],
        ["Sure! Name a river. The Kamo.", "The Kamo."],
    ),
    "combination:two_responses": (
        {},
        ["one\n******\ntwo", "******\none\n******\ntwo"],
        ["one", "one\n******\none", "a\n******\nb\n******\nc", "a\n******\n******\nb"],
    ),
    "detectable_content:number_placeholders": (
        {"num_placeholders": 2},
        ["Dear [name], at [place]", "[a] [b] [c]"],
        ["Dear [name]", "Dear (name), at (place)"],
    ),
    "detectable_content:postscript": (
        {"postscript_marker": "P.P.S"},
        ["Bye.\nP.P.S. More", "Bye.\np. p. s more"],
        ["Bye.", "P.S. More"],
    ),
    "detectable_format:constrained_response": (
        {},
        ["My answer is yes.", "Hm. My answer is maybe. Sorry."],
        ["Yes.", "my answer is no"],
    ),
    "detectable_format:json_format": (
        {},
        ['{"a": [1, 2]}', '```json\n{"a": 1}\n```', "```\n[]\n```"],
        ["{'a': 1}", 'Here: {"a": 1}', "[" * 100_000],
    ),
    "detectable_format:multiple_sections": (
        {"section_spliter": "SECTION", "num_sections": 2},
        ["SECTION 1\na\nSECTION 2\nb", "SECTION 1 a SECTION 2 b SECTION 3 c"],
        ["SECTION 1\na", "Section 1\na\nSection 2\nb"],
    ),
    "detectable_format:number_bullet_lists": (
        {"num_bullets": 2},
        ["* a\n* b", "- a\n  - b\nend", "* a\n- b"],
        ["* a", "* a\n* b\n* c", "**a**\n**b**"],
    ),
    "detectable_format:number_highlighted_sections": (
        {"num_highlights": 2},
        ["*a b* and *c*", "**a** and **b**"],
        ["*a*", "* *\n* *", "*a\nb* c*"],
    ),
    "detectable_format:title": (
        {},
        ["<<poem of joy>>\ntext"],
        ["<poem>\ntext", "<<>>", "<<  >>", "<<a\nb>>"],
    ),
    "keywords:existence": ({"keywords": ["Kyoto", "tea"]}, ["TEA in kyoto"], ["tea", "Kyoto"]),
    "keywords:forbidden_words": (
        {"forbidden_words": ["rain"]},
        ["The train left.", "Rainy days"],
        ["RAIN fell.", "no rain"],
    ),
    "keywords:frequency": (
        {"keyword": "go", "frequency": 2, "relation": "at least"},
        ["go and GO", "going, gone, go"],
        ["go", "none"],
    ),
    "keywords:letter_frequency": (
        {"letter": "q", "let_frequency": 2, "let_relation": "less than"},
        ["quick", "none"],
        ["Quick quiz"],
    ),
    "language:response_language": (
        {"language": "de"},
        ["Das Wetter ist heute sehr schön und warm.", "123"],
        [ENGLISH, "今日はとても良い天気です。"],
    ),
    "length_constraints:nth_paragraph_first_word": (
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Then"},
        ["One.\n\nthen, two.", 'One.\n\n"Then" two.'],
        ["One.\n\nAnd two.", "Then.\n\nOne.", "One.\n\nThen two.\n\nThree.", "One."],
    ),
    "length_constraints:number_paragraphs": (
        {"num_paragraphs": 2},
        ["a\n***\nb", "***\na\n***\nb\n***"],
        ["a\n\nb", "a\n***\nb\n***\nc", "a\n***\n***\nb"],
    ),
    "length_constraints:number_sentences": (
        {"relation": "less than", "num_sentences": 3},
        ["One. Two.", "Dr. A. Smith met Mr. Lee at 3.5 km. Good!"],
        ["One. Two? Three!", "a. Four words here. b. Two! Three."],
    ),
    "length_constraints:number_words": (
        {"relation": "at least", "num_words": 4},
        ["one two three four", "it's a trap"],
        ["one two three", "one, two - three"],
    ),
    "punctuation:no_comma": ({}, ["none here."], ["one, two"]),
    "startend:end_checker": (
        {"end_phrase": "The end."},
        ["It was. THE END.", '"So. The end."'],
        ["The end. Or not?", "The end"],
    ),
    "startend:quotation": ({}, ['"all of it"', ' "a" and "b" '], ['say "it"', '"open', '"']),
}


def test_every_instruction_has_cases() -> None:
    assert set(CASES) == set(CHECKS)
    assert len(CHECKS) == 25


@pytest.mark.parametrize("name", CASES)
def test_instruction(name: str) -> None:
    arguments, kept, broken = CASES[name]
    for answer in kept:
        assert follow(answer, [name], [arguments]).strict == (True,), answer
    for answer in broken:
        assert follow(answer, [name], [arguments]).strict == (False,), answer
    assert follow(" \n", [name], [arguments]).loose == (False,)


def test_the_other_relation() -> None:
    given = {"relation": "less than", "num_words": 3}
    assert follow("one two", ["length_constraints:number_words"], [given]).strict == (True,)
    given = {"keyword": "go", "frequency": 2, "relation": "less than"}
    assert follow("go go", ["keywords:frequency"], [given]).strict == (False,)


def test_loose_forgives_an_introduction_a_closing_and_bold_type() -> None:
    answer = "Sure, here you are:\n**my answer is short**\nBest regards, your model"
    found = follow(
        answer, ["punctuation:no_comma", "startend:end_checker"], [{}, {"end_phrase": "short"}]
    )
    assert found.strict == (False, False)
    assert found.loose == (True, True)


@pytest.mark.parametrize(
    ("text", "n_sentences"),
    [
        ("One. Two! Three?", 3),
        ("No end", 1),
        ("", 0),
        ('He said "Stop." Then he left...', 2),
        ("Prices rose 3.5 % in the U.S. last year, i.e. much.", 1),
    ],
)
def test_sentences(text: str, n_sentences: int) -> None:
    assert count_sentences(text) == n_sentences


def test_unknown_instructions_and_arguments_are_named() -> None:
    with pytest.raises(InvalidInputError, match="no IFEval instruction 'x:y'"):
        follow("a", ["x:y"], [{}])
    with pytest.raises(InvalidInputError, match=r"arguments of startend:quotation do not fit"):
        follow("a", ["startend:quotation"], [{"wrong": 1}])


def test_accuracies_of_prompts_and_of_instructions() -> None:
    golds = [
        {"instruction_id_list": ["punctuation:no_comma", "startend:quotation"], "kwargs": [{}, {}]},
        {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]},
    ]
    answers = ["no comma", "no comma"]
    items = [Item(item_id="q", text="", answers=(json.dumps(gold),)) for gold in golds]
    expected = {"instruction_following": 1 / 2, "instructions_followed": 2 / 3}
    for name, accuracy in expected.items():
        measure = MEASURES[name]
        values = [measure.strict(a, i).value for a, i in zip(answers, items, strict=True)]
        rows = np.array([v if isinstance(v, tuple) else (v,) for v in values])
        assert measure.combine_strict(rows, np.ones((1, 2)))[0] == pytest.approx(accuracy)


def test_every_published_instruction_can_be_checked(shared_data: Path) -> None:
    lines = (shared_data / "ja_eval" / "ifeval" / "input_data.jsonl").read_text().splitlines()
    seen = set()
    for row in map(json.loads, lines):
        answer = "My answer is yes."
        found = follow(answer, row["instruction_id_list"], row["kwargs"])
        assert len(found.strict) == len(row["instruction_id_list"])
        seen |= set(row["instruction_id_list"])
    assert seen == set(CHECKS)
