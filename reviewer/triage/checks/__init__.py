"""Automated checks of outputs: pure functions, each with a value, the evidence for it, and its reason."""

from __future__ import annotations

from reviewer.triage.checks.config import CheckSet, load_checks, made_of
from reviewer.triage.checks.model import Check, Finding, Passage, Span, Subject
from reviewer.triage.checks.rules import Rule, decide

__all__ = ["Check", "CheckSet", "Finding", "Passage", "Rule", "Span", "Subject", "decide", "load_checks", "made_of"]
