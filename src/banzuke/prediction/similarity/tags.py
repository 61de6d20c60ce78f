"""What the tags of a model card say about the model."""

from __future__ import annotations

import re

import polars as pl

__all__ = ["tag_sets"]

_LIBRARY = re.compile(
    "transformers|safetensors|pytorch|tensorboard|gguf|onnx|jax|tf|mlx|peft|model-index"
    "|autotrain_compatible|endpoints_compatible|text-generation-inference|inference-endpoints"
)
_GROUPS = {
    "merge": ("merge", "mergekit", "lazymergekit", "slerp", "ties", "dare"),
    "chat": ("chat", "conversational", "instruct", "instruction-tuned", "assistant"),
    "preference": ("dpo", "rlhf", "orpo", "kto", "ppo", "rlaif", "simpo", "preference"),
    "fine-tune": ("sft", "finetune", "finetuned", "fine-tuned", "lora", "qlora", "unsloth"),
    "code": ("code", "coding", "code-generation"),
    "math": ("math", "mathematics", "reasoning"),
    "mixture": ("moe", "frankenmoe", "mixture-of-experts"),
    "quantized": ("gptq", "awq", "4-bit", "8-bit", "bitsandbytes", "exl2"),
}
_GROUP_OF = {tag: group for group, tags in _GROUPS.items() for tag in tags}


def tag_sets(models: pl.DataFrame) -> list[set[str]]:
    """Return the grouped tags of each model.

    Tags that mean the same become one (``dpo`` and ``orpo`` are "preference"); those of
    libraries and those with a colon (``license:mit``, ``region:us``) say nothing and are dropped.

    Parameters
    ----------
    models : polars.DataFrame
        Perhaps with a column ``tags``: lists of text, or text with commas.

    Returns
    -------
    list of set of str
        Empty sets without the column.

    Examples
    --------
    >>> tag_sets(pl.DataFrame({"tags": [["DPO", "license:mit", "ja"], None]})) == [
    ...     {"preference", "ja"},
    ...     set(),
    ... ]
    True
    """
    if "tags" not in models.columns:
        return [set() for _ in range(models.height)]
    return [_grouped(value) for value in models["tags"].to_list()]


def _grouped(value: object) -> set[str]:
    listed = value if isinstance(value, list) else str(value or "").split(",")
    tags = (str(tag).strip().lower() for tag in listed if tag is not None)
    telling = (t for t in tags if t and ":" not in t and not _LIBRARY.fullmatch(t))
    return {_GROUP_OF.get(tag, tag) for tag in telling}
