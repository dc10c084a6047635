"""The log-probabilities that came with an output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def logprobs_of(text: str, parts: Sequence[Mapping[str, Any]], metadata: Mapping[str, Any]) -> tuple[float, ...]:
    """The log-probabilities of an output's tokens, empty where none are known to be its own.

    They are taken from `logprobs` of its parts, or from `logprobs` of the item's metadata. What stands there belongs to
    the item, which may have several outputs: it counts only where its tokens, one behind the other, make the text.
    """
    found: list[float] = []
    for part in parts:
        if "logprobs" in part:
            found.extend(_read(part["logprobs"])[1])
    if found or "logprobs" not in metadata:
        return tuple(found)
    tokens, figures = _read(metadata["logprobs"])
    if len(tokens) != len(figures) or "".join(tokens).strip() != text.strip():
        return ()
    return tuple(figures)


def _read(written: object) -> tuple[list[str], list[float]]:
    """Tokens and figures in any form in which they are given out: figures alone, [{"token", "logprob"}, …], the same
    under `content`, or `tokens` beside `token_logprobs`. Both are empty where one of them is no figure."""
    tokens: list[str] = []
    if isinstance(written, Mapping):
        if isinstance(written.get("token_logprobs"), list):
            named = written.get("tokens")
            tokens = [str(token) for token in named] if isinstance(named, list) else []
            written = written["token_logprobs"]
        else:
            written = written.get("content")
    if not isinstance(written, list):
        return [], []
    figures: list[float] = []
    for one in written:
        if isinstance(one, Mapping):
            tokens.append(str(one.get("token", "")))
            one = one.get("logprob")  # noqa: PLW2901  # the figure of the token
        if isinstance(one, bool) or not isinstance(one, int | float):
            return [], []
        figures.append(_float(one))
    return tokens, figures


def _float(figure: float) -> float:
    try:
        return float(figure)
    except OverflowError:  # a whole number with hundreds of digits
        return float("nan")
