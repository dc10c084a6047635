"""Real ratings, where they are at hand: MT-Bench by its own format, PandaLM and recipes after a short conversion."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reviewer.exchange.intake import ImportOptions, import_items
from reviewer.exchange.registry import read
from reviewer.rubric import rubric_from_data
from reviewer.store import queues
from reviewer.store.connection import Store
from tests.exchange.test_intake import lines, sound
from tests.exchange.test_labels_any import exported, reveal, stored, take
from tests.exchange.test_real_files import shared
from tests.store.filling import rate, sit

CRITERIA = ("grammar", "fluency", "verbosity", "structure", "success", "overall")
RATED = 200
RECIPES = {"name": "recipes", "criteria": [{"id": name, "type": "scale", "min": 1, "max": 6} for name in CRITERIA]}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "home" / "reviewer.db")


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def pandalm(folder: Path) -> tuple[Path, Path]:
    """Two outputs an item, and of the three annotators whether each output was found the better one."""
    items, ratings = folder / "pandalm.jsonl", folder / "pandalm.csv"
    rows = records(shared("pandalm", "testset.jsonl"))
    with ratings.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["item", "system", "rater", "value"])
        for row in rows[:RATED]:
            for number in (1, 2, 3):
                for side, system in enumerate(row["cmp_key"].split("_", 1), start=1):
                    better = row[f"annotator{number}"]
                    value = 3 if better == 0 else 5 if better == side else 1
                    table.writerow([row["idx"], system, f"annotator{number}", value])
    items.write_bytes(lines(*map(pandalm_item, rows)))
    return items, ratings


def pandalm_item(row: dict[str, Any]) -> dict[str, Any]:
    first, second = row["cmp_key"].split("_", 1)
    prompt = f"{row['instruction']}\n\n{row['input']}" if row["input"] else row["instruction"]
    # Six answers stand in the source as a bare number, true or false.
    texts = [text if isinstance(text, str) else json.dumps(text) for text in (row["response1"], row["response2"])]
    outputs = [{"system": first, "text": texts[0]}, {"system": second, "text": texts[1]}]
    return {"id": str(row["idx"]), "prompt": prompt, "outputs": outputs}


def recipe_ratings() -> Iterator[list[str]]:
    with shared("recipes", "ratings.tsv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            item = f"{row['condition']}/{row['recipeid']}"
            for name in CRITERIA:
                yield [item, row["participant"], name, row[name]]


def recipes(folder: Path) -> tuple[Path, Path]:
    """One text an item, and its six rating columns as criterion rows."""
    items, ratings = folder / "recipes.jsonl", folder / "recipes.tsv"
    texts = records(shared("recipes", "texts.jsonl"))
    with ratings.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, delimiter="\t")
        table.writerow(["item", "rater", "criterion", "value"])
        table.writerows(recipe_ratings())
    items.write_bytes(lines(*map(recipe_item, texts)))
    return items, ratings


def recipe_item(row: dict[str, Any]) -> dict[str, Any]:
    recipe = re.sub(r"_(generated|dep_text|sentences)$", "", Path(row["file"]).stem)
    return {
        "id": f"{row['condition']}/{recipe}",
        "prompt": f"Write the recipe of {recipe.replace('_', ' ')}.",
        "output": row["text"],
        "system": row["condition"],
    }


def test_three_data_sets_stand_in_one_store_and_can_be_rated(store: Store, tmp_path: Path) -> None:
    questions = shared("mt_bench", "question.jsonl")
    answers = shared("mt_bench", "reference_answer_gpt-4.jsonl")
    with read([questions], answers=[answers]) as reader:
        mt = import_items(store, "mt_bench", reader, rater="lead", options=ImportOptions())
    assert (mt.rows, mt.items, mt.tasks, mt.rejected) == (80, 80, 30, 0)
    pairs, votes = pandalm(tmp_path)
    with read([pairs]) as reader:
        done = import_items(store, "pandalm", reader, rater="lead", options=ImportOptions())
    assert (done.rows, done.items, done.tasks, done.rejected) == (999, 999, 1998, 0)
    texts, ratings = recipes(tmp_path)
    with read([texts]) as reader:
        options = ImportOptions(rubric=rubric_from_data(RECIPES))
        done = import_items(store, "recipes", reader, rater="lead", options=options)
    assert (done.rows, done.items, done.tasks, done.rejected) == (52, 52, 52, 0)

    given = take(store, votes, "pandalm")
    assert (given.rows, given.labels, given.raters, given.rejected) == (6 * RATED, 6 * RATED, 3, 0)
    given = take(store, ratings, "recipes")
    assert (given.rows, given.labels, given.raters, given.rejected) == (6 * 1056, 1056, 88, 0)
    assert (take(store, ratings, "recipes").duplicates, len(stored(store))) == (1056, 6 * RATED + 1056)

    for queue, count in (("mt_bench", 30), ("pandalm", 1998), ("recipes", 52)):
        sitting = sit(store, "expert", queue)
        assert (sitting.standing.left, sitting.standing.done) == (count, 0)
        if queue == "recipes":
            sitting.work.values |= dict.fromkeys(CRITERIA, 6)
            assert sitting.submit().moved
        else:
            rate(sitting, 4)
        assert sitting.close()
    sound(store)


def test_recipes_go_out_and_come_in_with_the_same_figures(store: Store, tmp_path: Path) -> None:
    texts, ratings = recipes(tmp_path)
    with read([texts]) as reader:
        import_items(store, "q", reader, rater="lead", options=ImportOptions(rubric=rubric_from_data(RECIPES)))
    take(store, ratings, "q")
    reveal(store)
    with exported(store, tmp_path / "out.csv", "csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert sorted((row["item"], row["rater"], row["criterion"], row["value"]) for row in rows) == sorted(
        tuple(row) for row in recipe_ratings()
    )
    with store.reading() as connection:
        queue = queues.find(connection, "q")
        assert queue is not None
        assert queues.labels_in(connection, queue.id) == 1056
