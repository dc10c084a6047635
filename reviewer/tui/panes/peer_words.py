"""What the raters of a panel wrote: rationales, texts and corrections, in full."""

from __future__ import annotations

from reviewer.rubric import Criterion
from reviewer.session.panel import PeerLabel
from reviewer.session.spreads import titled, value_told
from reviewer.session.work import LABEL
from reviewer.text.styled import Builder, Styled
from reviewer.tui.panes.peer_rows import add_text, flat, headed, named


def written(label: PeerLabel, questions: dict[str, Criterion], *, with_notes: bool = False) -> Styled | None:
    """Everything that one person wrote; None where that is nothing."""
    out = headed(named(label))
    anything = _add_why(out, label, questions, with_notes=with_notes)
    if label.after is not None:
        out.begin("  ", "  ")
        word = "after the discussion" if label.after.phase == "revote" else "after it was sent back"
        out.add(word, "heading")
        out.end_line()
        said = _add_why(out, label.after, questions, before=label, with_notes=with_notes)
        if not said:
            add_text(out, "", "the first vote stands" if label.after.values == label.values else "no reason given")
        anything = True
    return out.styled() if anything else None


def _add_why(
    out: Builder,
    label: PeerLabel,
    questions: dict[str, Criterion],
    *,
    before: PeerLabel | None = None,
    with_notes: bool = False,
) -> bool:
    """Everything that a label says in words, but what stood in `before` already; whether that is anything."""
    said = []
    for key, entry in sorted(label.rationale.items(), key=lambda one: _rank(one[0], questions)):
        if before is not None and before.rationale.get(key) == entry:
            continue
        reasons = "; ".join(str(reason) for reason in entry.get("reasons", []))
        text = str(entry.get("text") or "").strip()
        if text or reasons:
            said.append((_about(key, label, questions), " — ".join(part for part in (reasons, text) if part)))
    for key, value in label.values.items():
        question = questions.get(key)
        if (
            question is not None
            and question.type == "text"
            and value
            and (not before or before.values.get(key) != value)
        ):
            said.append((f"{flat(titled(key, question))}: ", str(value)))
    for key, text in label.correction.items():
        if before is None or before.correction.get(key) != text:
            place = key.partition("@output:")[2]
            which = f" {place}" if len(label.correction) > 1 or place not in ("", "1") else ""
            said.append((f"corrected output{which}: ", text))
    if with_notes and label.notes and (before is None or before.notes != label.notes):
        said.append(("note to the lead: ", label.notes))
    for about, text in said:
        add_text(out, about, text, lead="strong")
    return bool(said)


def _about(key: str, label: PeerLabel, questions: dict[str, Criterion]) -> str:
    question = questions.get(key)
    if key == LABEL or question is None:
        return "overall: " if key == LABEL else f"{flat(key)}: "
    answer = f" {value_told(question, label.values[key])}" if key in label.values and question.type != "text" else ""
    return f"{flat(titled(key, question))}{flat(answer)}: "


def _rank(key: str, questions: dict[str, Criterion]) -> int:
    keys = list(questions)
    return -1 if key == LABEL else keys.index(key) if key in questions else len(keys)
