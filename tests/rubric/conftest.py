from __future__ import annotations

import pytest

from reviewer.rubric import Rubric, parse_rubric

KYC = """\
name: kyc-summary
instructions: |
  Read the source first.
  Then the summary.
criteria:
  - id: groundedness
    label: Grounded in the source
    help: Every claim has its sentence.
    type: scale
    min: 1
    max: 5
    direction: higher
    weight: 2
    rationale: {required_below: 3}
    reasons: [drops a negation, adds a fact]
    levels:
      1:
        label: Contradicts the source
        examples:
          - {prompt: "Is he listed?", output: He is listed., why: The source says that he is not.}
          - {output: No fee is due., why: A fee of 30 is due.}
      5: Every claim is supported
  - {id: tone, type: scale, min: 0, max: 2, direction: lower, required: false, allow_na: true}
  - {id: safe, type: boolean, rationale: {required_on: [false]}, levels: {true: May be sent, false: Must not}}
  - id: verdict
    type: choice
    options:
      - {value: no, label: Reject, score: 0}
      - {value: partly, score: 1}
      - {value: yes, label: Accept, score: 4}
  - {id: faults, type: multi, required: false, options: [omission, addition, figure], direction: none}
  - {id: minutes, type: number, min: 0, max: 60, direction: none, required: false}
  - {id: remark, type: text, required: false}
composite: weighted_mean
preference: {scale: 5, allow_tie: true, allow_both_bad: true}
"""


@pytest.fixture
def kyc_text() -> str:
    return KYC


@pytest.fixture(scope="session")
def kyc() -> Rubric:
    return parse_rubric(KYC, "kyc.yaml")
