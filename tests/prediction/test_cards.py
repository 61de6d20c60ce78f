from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from banzuke.exceptions import ImportFormatError
from banzuke.prediction.card_config import parameters_of
from banzuke.prediction.cards import read_cards

README = """---
base_model:
- mistralai/Mistral-7B-v0.1
- HuggingFaceH4/zephyr-7b-beta
tags:
- merge
- mergekit
- license:apache-2.0
license: apache-2.0
pipeline_tag: text-generation
date: 2024-03-01
model-index:
- name: secret
  results:
  - task: {type: text-generation}
    metrics: [{type: acc, value: 99.9}]
---

# A merge
"""
LLAMA_2_7B = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "intermediate_size": 11008,
    "vocab_size": 32000,
    "torch_dtype": "float16",
    "max_position_embeddings": 4096,
    "_name_or_path": "/home/somebody/llama",
}
MISTRAL = {
    **LLAMA_2_7B,
    "architectures": ["MistralForCausalLM"],
    "model_type": "mistral",
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
}
MIXTRAL = {**MISTRAL, "model_type": "mixtral", "num_local_experts": 8}
GPT2 = {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "vocab_size": 50257}
QWEN = {
    "model_type": "qwen2",
    "hidden_size": 896,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "intermediate_size": 4864,
    "vocab_size": 151936,
    "tie_word_embeddings": True,
}


# sizes as published on the models' pages, in billions
@pytest.mark.parametrize(
    ("config", "published"),
    [(LLAMA_2_7B, 6.738), (MISTRAL, 7.242), (MIXTRAL, 46.703), (GPT2, 0.124), (QWEN, 0.494)],
    ids=["llama-2-7b", "mistral-7b", "mixtral-8x7b", "gpt2", "qwen2.5-0.5b"],
)
def test_parameters_counted_from_shapes_are_the_published_ones(config, published: float) -> None:
    assert parameters_of(config) == pytest.approx(published, rel=0.01)


def test_front_matter_is_read_and_its_results_are_not(tmp_path: Path) -> None:
    path = tmp_path / "org--merged" / "README.md"
    path.parent.mkdir()
    path.write_text(README)
    frame = read_cards(path)
    row = frame.to_dicts()[0]
    assert row["model"] == "org/merged"
    assert row["base_models"] == ["mistralai/Mistral-7B-v0.1", "HuggingFaceH4/zephyr-7b-beta"]
    assert row["is_merged"] is True
    assert row["type"] == "merge"
    assert row["purpose"] == "text-generation"
    assert row["created"] == date(2024, 3, 1)
    assert "99.9" not in str(frame.to_dicts())


def test_a_folder_joins_card_configuration_and_weights(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "config.json").write_text(json.dumps(LLAMA_2_7B))
    row = read_cards(tmp_path, name="my/model").to_dicts()[0]
    assert row["model"] == "my/model"
    assert row["architecture"] == "LlamaForCausalLM"
    assert row["params_b"] == pytest.approx(6.74, abs=0.01)
    assert row["context_length"] == 4096
    index = {"metadata": {"total_parameters": 6738415616}, "weight_map": {}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert read_cards(tmp_path).to_dicts()[0]["params_b"] == pytest.approx(6.738, abs=0.001)


def test_json_cards_and_a_bare_configuration(tmp_path: Path) -> None:
    path = tmp_path / "cards.json"
    path.write_text(
        '[{"model": "a/x", "params_b": "7B", "tags": ["dpo"], "base_models": "b/y"},'
        ' {"model": "a/z", "model-index": [{"value": 99.9}]}]'
    )
    frame = read_cards(path)
    assert frame["model"].to_list() == ["a/x", "a/z"]
    assert frame["params_b"].to_list() == [7.0, None]
    assert frame["base_models"].to_list() == [["b/y"], None]
    assert "model-index" not in frame.columns
    path.write_text(json.dumps(MISTRAL))
    assert read_cards(path, name="m").to_dicts()[0]["architecture"] == "MistralForCausalLM"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("README.md", "# no front matter", "has no front matter"),
        ("README.md", "---\nbase_model: x\n", "does not end"),
        ("README.md", "---\n- a\n- b\n---\n", "key: value"),
        ("README.md", "---\na: [1}\n---\n", "line 2: its front matter is not YAML"),
        ("README.md", "---\na: &x [1]\nb: *x\n---\n", "aliases"),
        ("README.md", "---\na: !!python/object:os.system {}\n---\n", "not YAML"),
        ("card.json", "{", "not JSON"),
        ("card.json", '[{"model": "a"}, {"name": "b"}]', "card 2"),
        ("card.json", '{"model": "  "}', "card 1"),
        *(
            ("card.json", json.dumps({"model": "a/x", "params_b": size}), "params_b of 'a/x' is")
            for size in (-7, 0, True, [7], {"x": 7}, "large", 1e300)
        ),
        ("README.md", "---\nmodel: a/x\nparams_b: [7]\n---\n", "params_b of 'a/x' is"),
    ],
)
def test_damaged_cards_are_one_clear_error(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ImportFormatError, match=message):
        read_cards(path)


def test_what_is_no_card_at_all(tmp_path: Path) -> None:
    with pytest.raises(ImportFormatError, match="holds none of"):
        read_cards(tmp_path)
    with pytest.raises(ImportFormatError, match="cannot be read"):
        read_cards(tmp_path / "absent.json")
    (tmp_path / "card.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(ImportFormatError, match="not UTF-8"):
        read_cards(tmp_path / "card.json")
    (tmp_path / "card.json").write_bytes(b" " * 4_000_001)
    with pytest.raises(ImportFormatError, match="larger than 4 MB"):
        read_cards(tmp_path / "card.json")
