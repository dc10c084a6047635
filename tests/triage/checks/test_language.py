"""The language of an output, and where it cannot be told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import BadInput
from reviewer.triage.checks import Subject, made_of
from reviewer.triage.checks.language import Language, likely

TEXTS = {
    "en": "The account was opened in March, and the fee is twenty crowns each month.",
    "no": "Kontoen ble åpnet i mars, og gebyret er tjue kroner hver eneste måned fremover.",
    "nn": "Kontoen vart opna i mars, og gebyret er tjue kroner kvar einaste månad framover.",
    "de": "Das Konto wurde im März eröffnet, und die Gebühr beträgt zwanzig Kronen im Monat.",
    "fr": "Le compte a été ouvert en mars, et les frais sont de vingt couronnes par mois.",
    "es": "La cuenta se abrió en marzo, y la comisión que usted paga es de veinte coronas al mes.",
    "pt": "A conta foi aberta em março, e a taxa que você paga é de vinte coroas por mês.",
    "fi": "Tili avattiin maaliskuussa, ja palkkio on kaksikymmentä kruunua kuukaudessa.",
    "pl": "Konto zostało otwarte w marcu, a opłata wynosi dwadzieścia koron miesięcznie.",
    "ru": "Счёт был открыт в марте, и плата составляет двадцать крон в месяц.",
    "el": "Ο λογαριασμός άνοιξε τον Μάρτιο και η χρέωση είναι είκοσι κορώνες τον μήνα.",
    "ja": "口座は三月に開設され、手数料は毎月二十クローネです。",
    "hi": "खाता मार्च में खोला गया था और शुल्क हर महीने बीस क्रोन है।",
}


@pytest.mark.parametrize("language", TEXTS)
def test_each_language_is_known_and_no_other_is_taken_for_it(language: str) -> None:
    check = Language("language", {"language": language})
    assert check.examine(Subject(TEXTS[language])).value is True
    kin = {"no", "nn"} if language in ("no", "nn") else {language}
    for other, text in TEXTS.items():
        if other not in kin:
            found = check.examine(Subject(text))
            assert found.value is False, other
            assert f"'{language}'" in found.why


def test_without_an_option_it_is_that_of_the_prompt_without_its_system_turns() -> None:
    check = Language("language", {})
    system = TEXTS["en"]
    asked = Subject(TEXTS["de"], f"{system}\n\n{TEXTS['de']}", system=system)
    assert check.examine(asked).value is True
    assert check.examine(Subject(TEXTS["en"], asked.prompt, system=system)).value is False
    assert check.examine(Subject(TEXTS["en"], "Gebühr?")).why == "The language of the prompt cannot be told."


@pytest.mark.parametrize(
    "text", ["", "Yes.", "42", "Oslo, Bergen.", "1234567890 " * 50, "…" * 500, "```\n" + "x = 1\n" * 50 + "```"]
)
def test_of_short_texts_and_of_none_nothing_is_said(text: str) -> None:
    found = Language("language", {"language": "en"}).examine(Subject(text))
    assert found.value is None
    assert found.why


def test_code_and_addresses_are_no_prose() -> None:
    code = "```python\nfor the_account in the_accounts:\n    return the_account.and_the_fee()\n```\n"
    text = f"{code}{TEXTS['de']} https://example.org/the/account/and/the/fee/is/twenty/crowns\n{code}"
    assert Language("language", {"language": "de"}).examine(Subject(text)).value is True


def test_a_change_of_language_is_not_taken_for_the_one() -> None:
    mixed = Subject(TEXTS["en"] * 5 + TEXTS["ru"] * 5)
    values = {Language("l", {"language": language}).examine(mixed).value for language in ("en", "ru")}
    assert values != {True}
    assert likely(TEXTS["en"]) == likely(TEXTS["en"])


def test_what_is_no_language_is_refused() -> None:
    for wrong in ("english", "xx", ""):
        with pytest.raises(BadInput, match="there is no language"):
            made_of({"name": "x", "check": [{"type": "language", "language": wrong}]})
    assert made_of({"name": "x", "check": [{"type": "language", "language": "NB"}]}).checks


@given(st.text(st.characters(exclude_categories=()), max_size=400))
def test_any_text_is_taken(text: str) -> None:
    assert Language("language", {"language": "en"}).examine(Subject(text)).value in (True, False, None)


@pytest.mark.parametrize("letter", ["`", "a@", "https://", "```\n", "a", "é "])
def test_long_texts_are_read_in_time(letter: str) -> None:
    assert Language("language", {"language": "en"}).examine(Subject(letter * 200_000)).value in (True, False, None)
