"""How single samples look, against examples that others published or that are written here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from banzuke.evaluation.data_sets import RawFolder, read, select
from banzuke.evaluation.data_sets._knp import Morpheme, parse_knp
from banzuke.evaluation.data_sets.catalogue import (
    math,
    wiki_coreference,
    wiki_dependency,
    wiki_ner,
    wiki_pas,
    wiki_reading,
)
from banzuke.exceptions import ImportFormatError

# 太郎は本（ほん）を読んだ。 太郎 is mentioned again in the next sentence.
KNP = """\
# S-ID:d-00-01 括弧削除 KNP:5.0
* 2D
+ 2D <NE:PERSON:太郎>
太郎 たろう 太郎 名詞 6 人名 5 * 0 * 0
は は は 助詞 9 副助詞 2 * 0 * 0
* 2D
+ 2D
本 ほん 本 名詞 6 普通名詞 1 * 0 * 0
を を を 助詞 9 格助詞 1 * 0 * 0
* -1D
+ -1D <rel type="ヲ" target="本" sid="d-00-01" id="1"/>{agent}
読んだ よんだ 読む 動詞 2 * 0 子音動詞マ行 9 タ形 10
。 。 。 特殊 1 句点 1 * 0 * 0
EOS
# S-ID:d-00-02 括弧始:（ 括弧終:） 括弧位置:4 KNP:5.0
* -1D
+ -1D <rel type="=" target="本" sid="d-00-01" id="1"/>
ほん ほん ほん 名詞 6 普通名詞 1 * 0 * 0
EOS
# S-ID:d-01 KNP:5.0
* 1D
+ 1D <rel type="=" target="太郎" sid="d-00-01" id="0"/><NE:OPTIONAL:彼>
彼 かれ/あれ 彼 名詞 6 普通名詞 1 * 0 * 0
は は は 助詞 9 副助詞 2 * 0 * 0
* -1D
+ 2D
会社 かいしゃ 会社 名詞 6 普通名詞 1 * 0 * 0
+ -1D <rel type="ガ" target="彼" sid="d-01" id="0"/><rel type="ニ" target="不特定:人"/>
員 いん 員 接尾辞 14 名詞性名詞接尾辞 2 * 0 * 0
だ だ だ 判定詞 4 * 0 判定詞 25 基本形 2
。 。 。 特殊 1 句点 1 * 0 * 0
EOS
""".replace("{agent}", '<rel type="ガ" target="太郎" sid="d-00-01" id="0"/>')


def test_wiki_tasks():
    document = parse_knp(KNP, "d.knp")
    assert wiki_reading.convert(document).input == "太郎は本を読んだ。彼は会社員だ。"
    assert wiki_reading.convert(document).output == "たろうはほんをよんだ。かれはかいしゃいんだ。"
    assert wiki_ner.convert(document).input == "太郎は本（ほん）を読んだ。彼は会社員だ。"
    assert wiki_ner.convert(document).output == "太郎（人名）"
    assert wiki_dependency.convert(document).output == (
        "太郎は -> 読んだ。\n本を -> 読んだ。\n彼は -> 会社員だ。"
    )
    assert wiki_pas.convert(document).output == "読んだ ガ：太郎 ヲ：本\n会社員 ガ：彼"
    assert wiki_coreference.convert(document).output == "太郎 彼"


def test_uncertain_relations_make_nothing_the_same():
    uncertain = KNP.replace('<rel type="=" target="太郎"', '<rel type="=" mode="？" target="太郎"')
    assert wiki_coreference.convert(parse_knp(uncertain, "d.knp")).output == ""
    nearly = KNP.replace('<rel type="=" target="太郎"', '<rel type="=≒" target="太郎"')
    assert wiki_coreference.convert(parse_knp(nearly, "d.knp")).output == ""


def test_modifiers_are_no_arguments():
    relation = '<rel type="ヲ" target="本" sid="d-00-01" id="1"/>'
    modifier = KNP.replace(relation, relation + '<rel type="ヲ" mode="？" target="なし"/>')
    assert wiki_pas.convert(parse_knp(modifier, "d.knp")).output.startswith("読んだ ガ：太郎\n")
    twice = KNP.replace(relation, relation * 2)
    assert wiki_pas.convert(parse_knp(twice, "d.knp")) == wiki_pas.convert(parse_knp(KNP, "d"))


@pytest.mark.parametrize(
    ("surface", "raw", "expected"),
    [
        ("日本", "にっぽん/にほん", "にっぽん"),
        ("GHQ", "GHQ", "じーえいちきゅー"),
        ("of", "of", "of"),
        ("00", "\u3000", ""),
        ("\u3000", "\u3000", "\u3000"),
        ("/", "/", "/"),
    ],
)
def test_readings(surface: str, raw: str, expected: str):
    assert wiki_reading.reading(Morpheme(surface, raw, "名詞")) == expected


def test_published_examples_of_the_corpus(raw_root: Path):
    """Two documents whose samples others quote."""
    root = raw_root / "wiki_annotated_corpus" / "knp"
    library = parse_knp((root / "wiki0028" / "wiki00280639.knp").read_text(), "a")
    assert wiki_coreference.convert(library).output == (
        "アメリカ アメリカ合衆国\nアメリカ議会図書館 国立図書館"
    )
    assert wiki_pas.convert(library).output == "国立図書館 ガ：アメリカ議会図書館"
    assert wiki_ner.convert(library).output == "アメリカ合衆国（地名）"
    guitarist = parse_knp((root / "wiki0008" / "wiki00084870.knp").read_text(), "b")
    assert wiki_pas.convert(guitarist).output == (
        "通称 ガ：ギタリスト\n称される ガ：ギタリスト ト：ギタープレイヤー"
    )
    assert wiki_coreference.convert(guitarist).output == (
        "ギタリスト ギター演奏者 通称 ギタープレイヤー\nギター ギター"
    )


def test_kyoto_paragraphs(tmp_path: Path):
    folder = tmp_path / "wiki_corpus_2.01" / "BDS"
    folder.mkdir(parents=True)
    sentence = (
        "<sen><j>{0}</j><e type='trans'>no</e><e type='check'>{1}</e></sen>"
        "<sen><j>{2}</j><e type='check'>{3}</e></sen>"
    )
    for i in range(10):
        body = sentence.format(f"あ{i}。", f"A{i}.", f"い{i}。", f"B{i}.")
        (folder / f"BDS{i:05}.xml").write_text(f"<art><par>{body}</par></art>", encoding="utf-8")
    splits, _ = read(select(["wikicorpus-j-to-e"])[0], RawFolder(tmp_path))
    assert [len(splits[split]) for split in ("train", "dev", "test")] == [8, 1, 1]
    sample = splits["dev"][0]
    digit = sample.input[1]
    assert (sample.input, sample.output) == (f"あ{digit}。 い{digit}。", f"A{digit}. B{digit}.")
    # a malformed file moves no other one to another split
    lost = splits["train"][3]
    (folder / f"BDS{lost.input[1]:>05}.xml").write_text("<art>")
    raw = RawFolder(tmp_path, skip_malformed=True)
    left, _ = read(select(["wikicorpus-j-to-e"])[0], raw)
    assert left == {**splits, "train": [one for one in splits["train"] if one != lost]}


def test_alt_pairs(tmp_path: Path):
    folder = tmp_path / "ALT-Parallel-Corpus-20191206"
    folder.mkdir()
    (folder / "data_en.txt").write_text(
        "SNT.1.1\tOne.\nSNT.1.2\tTwo.\nSNT.2.3\tThree.\nSNT.1.4\t" + "x" * 499 + "\n"
    )
    (folder / "data_ja.txt").write_text("SNT.1.1\t一。\nSNT.2.3\t三。\nSNT.1.4\t長。\n")
    for split, article in (("train", 1), ("dev", 2), ("test", 3)):
        (tmp_path / f"URL-{split}.txt").write_text(f"URL.{article}\thttp://example.org\n")
    splits, _ = read(select(["alt-e-to-j"])[0], RawFolder(tmp_path))
    pairs = {split: [(one.input, one.output) for one in splits[split]] for split in splits}
    assert pairs == {"train": [("One.", "一。")], "dev": [("Three.", "三。")], "test": []}


def test_kuci_layout(tmp_path: Path):
    row = {"context": "減り は 早い ので 、", "label": "d"}
    row |= {f"choice_{letter}": f"{letter} です" for letter in "abcd"}
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.jsonl").write_text(json.dumps(row) + "\n")
    splits, _ = read(select(["kuci"])[0], RawFolder(tmp_path))
    assert splits["dev"][0].input == (
        "文脈：減りは早いので、\n選択肢：0.aです,1.bです,2.cです,3.dです"
    )
    assert splits["dev"][0].output == "3"


def test_over_long_articles_are_dropped(tmp_path: Path):
    folder = tmp_path / "japanese_XLSum_v2.0"
    folder.mkdir()
    rows = [{"text": "長" * 3000, "summary": "長"}, {"text": "短い。", "summary": "短"}]
    for split in ("train", "val", "test"):
        text = "\n".join(json.dumps(row) for row in rows)
        (folder / f"japanese_{split}.jsonl").write_text(text)
    splits, _ = read(select(["xlsum_ja"])[0], RawFolder(tmp_path))
    assert [(one.input, one.output) for one in splits["dev"]] == [("短い。", "短")]


@pytest.mark.parametrize(
    ("solution", "answer"),
    [
        (r"so $\boxed{2}$.", "2"),
        (r"$\boxed{1}$, no: $\boxed{\frac{1}{\sqrt{2}}}$", r"\frac{1}{\sqrt{2}}"),
        (r"$\boxed 3$", "3"),
        ("none", None),
        (r"\boxed{open", None),
    ],
)
def test_boxed_answers(solution: str, answer: str | None):
    assert math.boxed(solution) == answer


def test_choices_of_gpqa_are_mixed(built):
    document = json.loads((built.out / "test" / "gpqa.json").read_text())
    outputs = [sample["output"] for sample in document["samples"]]
    assert all(outputs.count(letter) > 0.15 * len(outputs) for letter in "ABCD")


def test_knp_that_does_not_fit_names_the_line():
    with pytest.raises(ImportFormatError, match=r"d\.knp, line 1: does not fit the KNP format"):
        parse_knp("+ 1D\n", "d.knp")
