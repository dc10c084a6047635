"""Reviewer: the terminal workstation where experts judge the output of language models."""

__version__ = "0.1.0"
