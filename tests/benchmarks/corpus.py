"""Seeded texts to measure with: items whose every block says which item and which pane it belongs to."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PANES: Final = {"P": "prompt", "C": "context", "O": "output"}
OTHER: Final = "X"
"""The mark of the second output of a pair, beside `O`; which of them stands left is drawn by lot."""
CRITERIA: Final = ("Groundedness", "Usefulness", "Harmless")

_MARK: Final = "\ue000"  # stands for the item's mark in a body; private use, so in no text
_VARIANTS: Final = 24
_VOCABULARY: Final = """
account balance branch card charge claim clause client consent contract country credit customer data date deadline
deposit document error evidence fee figure form fund holder identity income interest invoice law letter limit loan
measure month notice number offer order owner passage payment period policy premium product proof question rate
reason receipt record refund report request risk rule sample service statement sum term transfer value warranty
year must may cannot never always only before after within against without
"""
_WORDS: Final = _VOCABULARY.split()


@dataclass(frozen=True, slots=True)
class Corpus:
    """What to generate: a number of items and the sizes of their three texts, in kilobytes of 1,000 characters."""

    items: int
    prompt_kb: float = 4.0
    context_kb: float = 4.0
    output_kb: float = 4.0
    seed: int = 20261122

    @property
    def name(self) -> str:
        """A file name that tells this corpus from others."""
        return f"{self.items}x{self.prompt_kb:g}-{self.context_kb:g}-{self.output_kb:g}-{self.seed}"


def mark(pane: str, number: int) -> str:
    """The word that stands in every block of a pane of an item: `P00017`."""
    return f"{pane}{number:05d}"


def key(number: int) -> str:
    """The key by which an item is imported."""
    return f"item-{number:05d}"


def rows(corpus: Corpus) -> Iterator[dict[str, str]]:
    """The items as dictionaries, numbered from 1; equal corpora give equal rows."""
    dice = random.Random(corpus.seed)
    sizes = {"P": corpus.prompt_kb, "C": corpus.context_kb, "O": corpus.output_kb}
    bodies = {pane: [_body(dice, kb) for _ in range(_VARIANTS)] for pane, kb in sizes.items()}
    for number in range(1, corpus.items + 1):
        row = {"id": key(number)}
        for pane, column in PANES.items():
            row[column] = dice.choice(bodies[pane]).replace(_MARK, mark(pane, number))
        row["system"] = "bench-model"
        yield row


def pairs(corpus: Corpus) -> Iterator[dict[str, object]]:
    """The items with two outputs each, one the other with about a word in twelve exchanged."""
    dice = random.Random(corpus.seed)
    for number, row in enumerate(rows(corpus), start=1):
        one = row["output"]
        words = one.replace(mark("O", number), mark(OTHER, number)).split(" ")
        other = [dice.choice(_WORDS) if word in _WORDS and dice.random() < 1 / 12 else word for word in words]
        outputs = [{"system": "north", "text": one}, {"system": "south", "text": " ".join(other)}]
        yield {"id": row["id"], "prompt": row["prompt"], "context": row["context"], "outputs": outputs}


def write_pairs(path: Path, corpus: Corpus) -> Path:
    """Writes the corpus's pairs as JSONL, unless the file is there already."""
    return _write(path, pairs(corpus))


def write_items(path: Path, corpus: Corpus) -> Path:
    """Writes the corpus as JSONL in the program's own format, unless the file is there already."""
    return _write(path, rows(corpus))


def _write(path: Path, lines: Iterable[Mapping[str, object]]) -> Path:
    if not path.exists():
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as out:
            for row in lines:
                out.write(json.dumps(row, ensure_ascii=False))
                out.write("\n")
        part.rename(path)
    return path


def write_labels(path: Path, corpus: Corpus, share: float, rater: str, value: int = 4) -> Path:
    """Writes labels of one `rater` for the first `share` of the items, as the CSV that `labels import` takes."""
    with path.open("w", encoding="utf-8") as out:
        out.write("item,rater,value\n")
        for number in range(1, int(corpus.items * share) + 1):
            out.write(f"{key(number)},{rater},{value}\n")
    return path


def write_rubric(path: Path) -> Path:
    """Writes a rubric with the criteria `CRITERIA`: two scales of 1 to 5 and a boolean."""
    levels = "\n".join(f"      {level}: {{label: Level {level} of five}}" for level in range(1, 6))
    scales = "\n".join(
        f"  - id: {label.lower()}\n    label: {label}\n    type: scale\n    min: 1\n    max: 5\n    levels:\n{levels}"
        for label in CRITERIA[:2]
    )
    last = CRITERIA[2]
    path.write_text(
        f"name: bench\ncriteria:\n{scales}\n  - {{id: {last.lower()}, label: {last}, type: boolean}}\n",
        encoding="utf-8",
    )
    return path


def _body(dice: random.Random, kb: float) -> str:
    """Markdown of about `kb` thousand characters; a text below half of one is a single paragraph."""
    wanted = max(1, round(kb * 1000))
    if kb < 0.5:
        return _paragraph(dice, wanted)[:wanted]
    makers = (_paragraph, _items, _paragraph, _code, _paragraph, _table)
    blocks = [f"# {_MARK} {_words(dice, 4).capitalize()}"]
    size = len(blocks[0])
    turn = 0
    while size < wanted:
        if turn and turn % len(makers) == 0:
            blocks.append(f"## {_MARK} {_words(dice, 3).capitalize()}")
        block = makers[turn % len(makers)](dice, min(450, wanted - size))
        blocks.append(block)
        size += len(block) + 7
        turn += 1
    return "\n\n".join(blocks)


def _words(dice: random.Random, count: int) -> str:
    return " ".join(dice.choices(_WORDS, k=count))


def _paragraph(dice: random.Random, size: int) -> str:
    parts = [_MARK]
    length = 6
    while length < size:
        sentence = _words(dice, dice.randint(6, 16)).capitalize()
        if dice.random() < 0.3:
            first, _, rest = sentence.partition(" ")
            sentence = f"**{first}** {rest}"
        if dice.random() < 0.2:
            sentence += " `" + dice.choice(_WORDS) + "_id`"
        parts.append(sentence + ".")
        length += len(sentence) + 2
    return " ".join(parts)


def _items(dice: random.Random, size: int) -> str:
    count = max(2, size // 60)
    return "\n".join(f"- {_MARK} {_words(dice, dice.randint(4, 9))}" for _ in range(count))


def _code(dice: random.Random, size: int) -> str:
    names = dice.choices(_WORDS, k=max(2, size // 45))
    lines = [f"    {name} = get({name!r}, {dice.randint(1, 99)})" for name in names]
    return "\n".join(["```python", f"# {_MARK}", f"def {dice.choice(_WORDS)}():", *lines, "    return None", "```"])


def _table(dice: random.Random, size: int) -> str:
    count = max(2, size // 40)
    lines = [f"| {dice.choice(_WORDS)} | {dice.randint(1, 999)} | {_words(dice, 2)} |" for _ in range(count)]
    return "\n".join(["| term | sum | remark |", "| --- | ---: | --- |", *lines])
