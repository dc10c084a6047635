"""The label in hand: what the rater has said about the open task and not yet submitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reviewer.store.reading import DraftRecord, HeadRecord

LABEL = "label"
"""The key of the rationale that belongs to the label as a whole."""

OUTPUT = "@output:1"
"""The key of the correction of a rating task's one output."""


@dataclass(slots=True)
class Work:
    """Values, rationales, correction, note and flags, keyed as in the label.

    `base` is the label that is open for change, if any; `focus` the key of the focused criterion.
    """

    rubric_id: str
    base: HeadRecord | None = None
    values: dict[str, Any] = field(default_factory=dict)
    rationale: dict[str, dict[str, Any]] = field(default_factory=dict)
    correction: dict[str, str] = field(default_factory=dict)
    notes: str = ""
    flags: list[str] = field(default_factory=list)
    focus: str = ""

    @classmethod
    def opened(
        cls, rubric_id: str, base: HeadRecord | None, draft: DraftRecord | None, before: HeadRecord | None = None
    ) -> Work:
        """As the draft left it, else as the label says, or the one of an earlier phase `before` it, else empty."""
        if draft is not None:
            work = cls(draft.rubric, base)
            work._fill(draft.document)
            work.focus = draft.cursor.get("focus", "")
            return work
        said = base or before
        work = cls(said.rubric if said else rubric_id, base)
        if said:
            work._fill(_said(said))
        return work

    def content(self) -> dict[str, Any]:
        """What is said, without what is empty: equal contents are the same judgment."""
        rationale = {
            key: {"text": entry.get("text", ""), "reasons": list(entry.get("reasons", []))}
            for key, entry in self.rationale.items()
            if entry.get("text") or entry.get("reasons")
        }
        parts = {
            "values": dict(self.values),
            "rationale": rationale,
            "correction": {key: text for key, text in self.correction.items() if text},
            "notes": self.notes,
            "flags": sorted(self.flags),
        }
        return {name: part for name, part in parts.items() if part}

    def draft(self) -> dict[str, Any]:
        """What a draft must keep: nothing where nothing differs from the label that stands."""
        said = self.content()
        if self.base is not None and said == self.base_content():
            return {}
        if not said and self.base is not None:
            return {"emptied": True}
        return said

    def base_content(self) -> dict[str, Any]:
        """What the label that is open for change says; empty where there is none."""
        if self.base is None:
            return {}
        before = Work(self.rubric_id)
        before._fill(_said(self.base))
        return before.content()

    def reasons(self, key: str) -> list[str]:
        """The quick reasons given under `key`."""
        return list(self.rationale.get(key, {}).get("reasons", []))

    def rationale_text(self, key: str) -> str:
        """The written rationale under `key`."""
        return str(self.rationale.get(key, {}).get("text", ""))

    def write_rationale(self, key: str, text: str) -> None:
        """Replaces the written rationale under `key`."""
        self.rationale[key] = {"text": text, "reasons": self.reasons(key)}

    def toggle_reason(self, key: str, reason: str) -> None:
        """Gives or takes back a quick reason."""
        reasons = self.reasons(key)
        reasons = [given for given in reasons if given != reason] if reason in reasons else [*reasons, reason]
        self.rationale[key] = {"text": self.rationale_text(key), "reasons": reasons}

    def choose_reasons(self, key: str, reasons: Sequence[str]) -> None:
        """Gives these quick reasons under `key`, and no others."""
        self.rationale[key] = {"text": self.rationale_text(key), "reasons": list(reasons)}

    def toggle_flag(self, flag: str = "flagged") -> None:
        """Raises or lowers a flag."""
        self.flags = [raised for raised in self.flags if raised != flag] if flag in self.flags else [*self.flags, flag]

    def _fill(self, document: dict[str, Any]) -> None:
        self.values = dict(document.get("values", {}))
        self.rationale = {key: dict(entry) for key, entry in document.get("rationale", {}).items()}
        self.correction = dict(document.get("correction", {}))
        self.notes = document.get("notes") or ""
        self.flags = list(document.get("flags", []))


def _said(head: HeadRecord) -> dict[str, Any]:
    return {
        "values": head.values,
        "rationale": head.rationale,
        "correction": head.correction,
        "notes": head.notes,
        "flags": head.flags,
    }
