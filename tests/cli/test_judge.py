"""`reviewer judge`: asked of a real server, and held to what people said."""

from __future__ import annotations

import io
import json
from pathlib import Path

import keyring
import pytest
from keyring.backends import null

from reviewer.config import open_home
from reviewer.store.connection import Store
from reviewer.triage.judge import keys
from tests.cli.running import Command, Ran, commands
from tests.store.comparing import pairs_queue
from tests.store.filling import fill, fresh, rate, sit
from tests.triage.judge.serving import Serving, serving

ITEMS = 40


@pytest.fixture
def reviewer(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    keyring.set_keyring(null.Keyring())  # type: ignore[no-untyped-call]  # keyring's own
    for variable in ("REVIEWER_JUDGE_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    return commands(tmp_path / "home", capsys)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Forty items, of which two people give thirty a 4 and ten a 2."""
    store = fresh(tmp_path / "home")
    fill(store, items=ITEMS, shuffle=False)
    for rater in ("ana", "ben"):
        rate(sit(store, rater), *scores())
    return store


def scores() -> list[int]:
    return [2 if number % 4 == 0 else 4 for number in range(ITEMS)]


def run(reviewer: Command, served: Serving, folder: Path, queue: str = "kyc", *more: str, **judge: object) -> Ran:
    path = folder / f"{judge.get('name', 'careful')}.yaml"
    path.write_text(served.yaml(**judge), encoding="utf-8")
    return reviewer("judge", "run", queue, "--judge", str(path), "--allow-host", served.host, *more)


@pytest.mark.usefixtures("store")
def test_a_run_tells_what_it_did_and_what_it_cost(reviewer: Command, tmp_path: Path) -> None:
    with serving(tmp_path, values={"score": 4}) as served:
        done = run(reviewer, served, tmp_path, "kyc", "--json")
        assert done.code == 0
        told = done.json
        assert (told["tasks"], told["new"], told["calls"], told["unanswered"]) == (ITEMS, ITEMS, ITEMS, {})
        assert told["cost"] == pytest.approx(ITEMS * 1.2e-4)
        again = run(reviewer, served, tmp_path)
        assert again.code == 0
        assert "40 known already" in again.out
        assert "0 calls" in again.out


@pytest.mark.usefixtures("store")
def test_texts_go_to_a_host_only_once_it_was_allowed(reviewer: Command, tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        path = tmp_path / "judge.yaml"
        path.write_text(served.yaml(), encoding="utf-8")
        refused = reviewer("judge", "run", "kyc", "--judge", str(path))
        assert refused.code == 2
        assert f"--allow-host {served.host}" in refused.err
        wrong = reviewer("judge", "run", "kyc", "--judge", str(path), "--allow-host", "elsewhere.example")
        assert wrong.code == 2
        assert served.calls() == []
        assert reviewer("judge", "run", "kyc", "--judge", str(path), "--allow-host", served.host).code == 0
        assert keys.is_allowed(open_home(tmp_path / "home"), served.host)
        assert reviewer("judge", "run", "kyc", "--judge", str(path)).code == 0


@pytest.mark.usefixtures("store")
def test_a_dry_run_needs_neither_key_nor_leave(reviewer: Command, tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        path = tmp_path / "judge.yaml"
        path.write_text(served.yaml(), encoding="utf-8")
        told = reviewer("judge", "run", "kyc", "--judge", str(path), "--dry-run", "--json").json
        assert (told["calls"], told["tasks"]) == (ITEMS, ITEMS)
        assert "Nothing was sent." in reviewer("judge", "run", "kyc", "--judge", str(path), "--dry-run").out
        assert served.calls() == []


@pytest.mark.usefixtures("store")
def test_a_host_elsewhere_needs_a_key_and_other_hosts_get_no_usual_one(
    reviewer: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody")
    path = tmp_path / "judge.yaml"
    path.write_text(json.dumps({"name": "n", "provider": "openai", "model": "m", "base_url": "https://llm.example"}))
    refused = reviewer("judge", "run", "kyc", "--judge", str(path), "--allow-host", "llm.example")
    assert refused.code == 2
    assert "no key for llm.example" in refused.err
    assert "sk-of-somebody" not in refused.err


def test_keys_are_kept_in_the_keyring_alone(reviewer: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("sk-secret\n"))
    refused = reviewer("judge", "key", "llm.example")
    assert refused.code == 2
    assert "no keyring" in refused.err
    assert "sk-secret" not in refused.err + refused.out


@pytest.mark.usefixtures("store")
def test_alignment_is_what_counting_by_hand_says(reviewer: Command, tmp_path: Path) -> None:
    with serving(tmp_path, values={"score": 4}) as served:
        run(reviewer, served, tmp_path)
    told = reviewer("judge", "align", "kyc", "--rounds", "200", "--json").json
    score = told["criteria"]["score"]
    assert score["n"] == ITEMS
    figures = score["figures"]
    # It says 4 of everything, and 30 of 40 are: the one answer that does as well is the floor.
    assert figures["accuracy"]["judge"]["value"] == pytest.approx(0.75)
    assert figures["accuracy"]["floor"]["value"] == pytest.approx(0.75)
    assert figures["accuracy"]["ceiling"]["value"] == pytest.approx(1.0)
    assert figures["mean_absolute_error"]["judge"]["value"] == pytest.approx(10 * 2 / 40)
    assert figures["cohen_kappa"]["judge"]["value"] == pytest.approx(0.0)
    classes = {one["point"]: one for one in score["classes"]}
    assert classes["4"]["precision"]["value"] == pytest.approx(0.75)
    assert classes["4"]["recall"]["value"] == pytest.approx(1.0)
    # It was 0.75 sure of everything, and right in 0.75 of it.
    assert score["calibration"]["ece"]["value"] == pytest.approx(0.0)
    assert len(score["worst"]) == 10
    assert {one["people"] for one in score["worst"]} == {"2"}
    shown = reviewer("judge", "align", "kyc", "--rounds", "200", "--as", "disputed")
    assert reviewer("queue", "show", "disputed", "--json").json["tasks"] == 10
    assert shown.code == 0
    assert "ceiling" in shown.out
    assert "Alternative annotator test" in shown.out


@pytest.mark.usefixtures("store")
def test_bias_and_licence_of_a_judge_that_gives_everything_a_four(reviewer: Command, tmp_path: Path) -> None:
    with serving(tmp_path, values={"score": 4}) as served:
        run(reviewer, served, tmp_path)
    told = reviewer("judge", "bias", "kyc", "--json").json["criteria"]["score"]
    found = {one["bias"]: one for one in told}
    assert set(found) == {"position", "length", "formatting", "self-enhancement", "leniency"}
    assert found["leniency"]["figure"]["value"] == pytest.approx(10 * 2 / 40)
    assert found["leniency"]["verdict"] == "biased"
    assert found["position"]["verdict"] == "not identified"
    refused = reviewer("judge", "license", "kyc", "--items", "30", "--rounds", "200")
    assert refused.code == 1
    assert "advises" in refused.out
    assert "kappa" in refused.out


@pytest.mark.usefixtures("store")
def test_a_judge_that_follows_people_is_licensed_until_too_much_is_asked(reviewer: Command, tmp_path: Path) -> None:
    right = {f"note {number} say": {"score": score} for number, score in enumerate(scores())}
    with serving(tmp_path, by_text=right) as served:
        run(reviewer, served, tmp_path)
    granted = reviewer("judge", "license", "kyc", "--items", "30", "--criterion", "score", "--rounds", "200", "--json")
    assert granted.code == 0, granted.out
    assert granted.json["granted"] is True
    assert reviewer("judge", "license", "kyc", "--items", "50", "--criterion", "score", "--rounds", "200").code == 1


@pytest.mark.usefixtures("store")
def test_two_versions_are_compared_on_the_same_items(reviewer: Command, tmp_path: Path) -> None:
    right = {f"note {number} say": {"score": score} for number, score in enumerate(scores())}
    with serving(tmp_path, values={"score": 4}, by_text=right) as served:
        run(reviewer, served, tmp_path, instructions="Be kind.", model="kind")
    with serving(tmp_path, values={"score": 4}) as served:
        run(reviewer, served, tmp_path)
    several = reviewer("judge", "align", "kyc")
    assert several.code == 2
    names = [word.strip(".,") for word in several.err.split() if word.startswith("careful@")]
    assert len(names) == 2
    told = {}
    for first, second in (names, names[::-1]):
        ran = reviewer("judge", "compare", "kyc", "--judge", first, "--with", second, "--criterion", "score", "--json")
        assert ran.code == 0
        told[first] = ran.json["criteria"]["score"]["figures"]["accuracy"]
    differences = sorted(one["difference"]["value"] for one in told.values())
    assert differences == pytest.approx([-0.25, 0.25])
    # Ten items that one has right and the other wrong, and none the other way round: 2 / 2^10.
    assert next(iter(told.values()))["p_value"] == pytest.approx(2 / 2**10)


def test_a_judge_that_always_takes_the_first_is_called_biased(reviewer: Command, tmp_path: Path) -> None:
    store = fresh(tmp_path / "home")
    pairs_queue(store, items=24)
    with serving(tmp_path, values={"preference": -1}) as served:
        assert run(reviewer, served, tmp_path, "pairs").code == 0
    found = {one["bias"]: one for one in reviewer("judge", "bias", "pairs", "--json").json["criteria"]["preference"]}
    assert found["position"]["verdict"] == "biased"
    assert found["position"]["figure"]["value"] == pytest.approx(1.0)
    assert found["position"]["details"]["consistency"]["value"] == pytest.approx(0.0)


@pytest.mark.usefixtures("store")
def test_a_jury_of_three_says_what_most_say_and_what_each_adds(reviewer: Command, tmp_path: Path) -> None:
    right = {f"note {number} say": {"score": score} for number, score in enumerate(scores())}
    with serving(tmp_path, by_text=right) as served:
        for name in ("first", "second"):
            run(reviewer, served, tmp_path, name=name, model=name)
    with serving(tmp_path, values={"score": 4}) as served:
        run(reviewer, served, tmp_path, name="third", model="third")
    told = reviewer("jury", "kyc", "--rounds", "200", "--keep", "panel", "--json").json
    score = told["criteria"]["score"]
    assert score["accuracy"]["value"] == pytest.approx(1.0)
    assert told["new"] == ITEMS
    adds = {one["judge"]: one for one in score["contributions"]}
    assert adds["third"]["alone"]["value"] == pytest.approx(0.75)
    assert adds["third"]["change"]["value"] == pytest.approx(0.0)
    kept = reviewer("judge", "align", "kyc", "--judge", "panel", "--criterion", "score", "--rounds", "100", "--json")
    assert kept.json["criteria"]["score"]["figures"]["accuracy"]["judge"]["value"] == pytest.approx(1.0)
    assert "judges by majority" in reviewer("jury", "kyc", "--rounds", "100").out


@pytest.mark.usefixtures("store")
def test_a_lead_draws_sees_why_and_estimates(reviewer: Command, tmp_path: Path) -> None:
    with serving(tmp_path, values={"score": 3}) as served:
        run(reviewer, served, tmp_path)
    told = reviewer("select", "kyc", "-n", "12", "--again", "--seed", "4", "--as", "experts", "--json").json
    assert (told["drawn"], told["frame"], told["as"]) == (12, ITEMS, "experts")
    shown = reviewer("queue", "show", "experts", "--json").json
    assert shown["drawn"]["queue"] == "kyc"
    assert [one["item"] for one in shown["drawn"]["tasks"]] != []
    assert "draw" not in shown["settings"]
    assert "drawn    from 40 tasks of 'kyc'" in reviewer("queue", "show", "experts").out
    assert reviewer("estimate", "experts").code == 3
    assert reviewer("estimate", "kyc", "--criterion", "score").code == 0
    plain = reviewer("select", "kyc", "-n", "5", "--again", "--seed", "4")
    assert "nothing was kept" in plain.out
    assert reviewer("select", "kyc", "-n", "5", "--seed", "4").code == 3


@pytest.mark.usefixtures("store")
def test_no_judge_no_people_and_no_queue_are_told(reviewer: Command, tmp_path: Path) -> None:
    assert "no judge has said anything" in reviewer("judge", "align", "kyc").err
    assert "no queue" in reviewer("judge", "align", "nothing").err
    assert reviewer("jury", "kyc").code == 2
    assert reviewer("judge", "run", "kyc", "--judge", str(tmp_path / "nothing.yaml")).code == 3
