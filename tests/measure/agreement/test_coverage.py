"""Small simulations with fixed seeds; `python -m tests.simulations.agreement_coverage` prints larger ones."""

from __future__ import annotations

import pytest

from tests.simulations.agreement_coverage import Design, coverage, truth


@pytest.mark.parametrize(
    "design", [Design(80, 2, (0.4, 0.6), 0.5), Design(60, 3, (0.1, 0.2, 0.3, 0.4), 0.6, 0.2)], ids=["two", "gaps"]
)
def test_intervals_hold_the_truth(design: Design) -> None:
    for held, made in coverage(design, 60, 200, 1).values():
        assert made == 60
        assert held >= 51


def test_the_truth_of_the_design_is_the_kappa_that_it_names() -> None:
    told = truth(Design(50, 3, (0.3, 0.7), 0.6))
    for name in ("fleiss_kappa", "conger_kappa", "krippendorff_alpha"):
        assert told[name] == pytest.approx(0.6, abs=1e-6)
    assert told["percent_agreement"] == pytest.approx(1 - 2 * 0.3 * 0.7 * 0.4)
