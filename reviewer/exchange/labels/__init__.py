"""Labels out and in: JSON Lines without loss, and tables of one row a label and criterion."""

from __future__ import annotations
