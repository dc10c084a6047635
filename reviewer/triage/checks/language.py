"""In what language an output is written."""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from typing import Any, ClassVar, Literal

from reviewer.errors import BadInput
from reviewer.triage.checks.fences import blocks
from reviewer.triage.checks.model import Finding, Options, Subject

_LEAST = 40
"""Bytes of letters in UTF-8 that tell a language: 40 Latin letters, 20 Cyrillic ones, 13 Chinese ones."""
_SAMPLE = 120
_READ = 400
_SURE, _ENOUGH, _DOUBT = 0.8, 0.5, 0.05
_NOT_PROSE = re.compile(r"https?://\S{1,500}|`[^`\n]{1,200}`|[\w.+-]{1,64}@[\w.-]{1,64}")
_LETTERS = re.compile(r"[^\W\d_]+")
_KIN = ({"no", "nb", "nn"}, {"hr", "sr", "bs", "sh"}, {"id", "ms"})
"""What one who reads the one reads in the other, and short texts do not tell apart."""
_lock = threading.Lock()


class Language:
    """Whether the output is in `language` (two letters of ISO 639-1), or where that is left out, in the language of the
    prompt."""

    type: ClassVar[str] = "language"
    gives: ClassVar[Literal["boolean", "number"]] = "boolean"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002  # the name in the file
        self.id = id
        self._wanted = str(options.get("language", "")).lower()
        if "language" in options and not _kin(self._wanted) & _known():
            raise BadInput(
                f"there is no language '{self._wanted}'.", mend=f"Take one of {', '.join(sorted(_known()))}."
            )

    def examine(self, subject: Subject) -> Finding:
        """Reads the beginning and the end, without code and addresses. Abstains for short texts, and where the text is
        not clearly of one language."""
        wanted = self._wanted
        if not wanted:
            asked = likely(subject.user)
            best = max(asked, key=asked.__getitem__, default="")
            if not best or asked[best] < _SURE:
                return Finding(None, "The language of the prompt cannot be told.")
            wanted = best
        sample = _sample(subject.output)
        if not sample:
            return Finding(None, "The output is too short to tell its language.")
        kin = _kin(wanted)
        first, share = _identifier().classify(sample)
        if first in kin and share >= _ENOUGH:
            return Finding(True)
        found = dict(_ranked(sample))
        wanted_share = sum(share for language, share in found.items() if language in kin)
        if wanted_share >= _ENOUGH:
            return Finding(True)
        best = max(found, key=found.__getitem__, default=first)
        if found.get(best, 0) < _ENOUGH or wanted_share > _DOUBT:
            return Finding(None, "The language of the output cannot be told.")
        return Finding(False, f"It is in '{best}', and not in '{wanted}'.")


def likely(text: str) -> dict[str, float]:
    """Languages with the shares of certainty that each has, of those above a hundredth; empty for a text too short."""
    sample = _sample(text)
    return dict(_ranked(sample)) if sample else {}


@lru_cache(maxsize=512)
def _ranked(sample: str) -> tuple[tuple[str, float], ...]:
    return tuple((language, share) for language, share in _identifier().rank(sample) if share > 0.01)


def _sample(text: str) -> str:
    """The beginning and the end of the prose; empty where it has too few letters."""
    if "```" in text or "~~~" in text:
        ends = [(block.start, block.end) for block in blocks(text)]
        begins = [0, *(end for _, end in ends)]
        text = "\n".join(
            text[begin:end] for begin, end in zip(begins, [*(start for start, _ in ends), None], strict=True)
        )
    if len(text) > 2 * _READ:
        text = f"{text[:_READ]} {text[-_READ:]}"
    if "`" in text or "@" in text or "://" in text:
        text = _NOT_PROSE.sub(" ", text)
    words = " ".join(text.split())
    if len(words) > _SAMPLE:
        # Whole words alone: a part of one looks like a word of another language.
        begin = words[: _SAMPLE // 2].rpartition(" ")[0] or words[: _SAMPLE // 2]
        words = f"{begin} {words[-_SAMPLE // 2 :].partition(' ')[2] or words[-_SAMPLE // 2 :]}"
    letters = "".join(_LETTERS.findall(words))
    return words if len(letters.encode("utf-8", "replace")) >= _LEAST else ""


def _kin(language: str) -> set[str]:
    return next((kin for kin in _KIN if language in kin), {language})


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(_identifier().labels)


def _identifier() -> Any:
    """Naive Bayes over byte sequences (Lui & Baldwin 2011, IJCNLP): the same text is always the same language."""
    with _lock:
        return _load()


@lru_cache(maxsize=1)
def _load() -> Any:
    from numpy import ascontiguousarray, float32
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    made: Any = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    made.set_languages([label for label in made.labels if len(label) == 2])
    # It keeps the table small; single precision in rows is twice as fast, and says the same.
    made.nb_ptc = ascontiguousarray(made.nb_ptc, dtype=float32)
    return made
