"""What the shapes in a transformers configuration say: architecture and size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["architecture_of", "parameters_of"]

_ALIASES = {
    "hidden": ("hidden_size", "n_embd", "d_model"),
    "layers": ("num_hidden_layers", "n_layer", "num_layers"),
    "heads": ("num_attention_heads", "n_head", "num_heads"),
    "key_heads": ("num_key_value_heads",),
    "inner": ("intermediate_size", "n_inner", "ffn_dim"),
    "vocabulary": ("vocab_size",),
    "head": ("head_dim",),
    "experts": ("num_local_experts", "num_experts", "n_routed_experts"),
    "expert_inner": ("moe_intermediate_size",),
}
_UNGATED = ("gpt", "opt", "bloom", "phi", "falcon", "starcoder")


def architecture_of(config: Mapping[str, Any]) -> str | None:
    """Return the first architecture, such as ``LlamaForCausalLM``; None without any."""
    names = config.get("architectures")
    if isinstance(names, list) and names and isinstance(names[0], str):
        return names[0]
    return None


def parameters_of(config: Mapping[str, Any]) -> float | None:
    """Count the parameters of a decoder from its shapes.

    Embeddings, attention with grouped keys, and a feed-forward layer (gated as in Llama, plain
    for older families), times the experts; norms and biases, below 1 %, are left out.

    Parameters
    ----------
    config : mapping
        Content of ``config.json``.

    Returns
    -------
    float or None
        Billions of parameters; None where a shape is missing.

    Examples
    --------
    >>> llama = {"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32,
    ...          "num_attention_heads": 32, "intermediate_size": 11008, "vocab_size": 32000}
    >>> round(parameters_of(llama), 2)
    6.74
    """
    shape = {name: _number(config, aliases) for name, aliases in _ALIASES.items()}
    hidden, layers, vocabulary = shape["hidden"], shape["layers"], shape["vocabulary"]
    if not (hidden and layers and vocabulary):
        return None
    heads = shape["heads"] or 1
    head = shape["head"] or hidden / heads
    attention = 2 * hidden * head * (heads + (shape["key_heads"] or heads))
    kind = str(config.get("model_type") or "").lower()
    matrices = 2 if kind.startswith(_UNGATED) and kind not in {"phi3", "phimoe"} else 3
    inner = (shape["expert_inner"] if shape["experts"] else None) or shape["inner"] or 4 * hidden
    forward = matrices * hidden * inner * (shape["experts"] or 1)
    tied = bool(config.get("tie_word_embeddings", kind.startswith(("gpt2", "gemma"))))
    embeddings = vocabulary * hidden * (1 if tied else 2)
    return (layers * (attention + forward) + embeddings) / 1e9


def _number(config: Mapping[str, Any], names: tuple[str, ...]) -> float | None:
    for name in names:
        value = config.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e9:
            return float(value)
    return None
