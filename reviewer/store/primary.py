"""Which labels fill a task's overlap: in one place for every statement that counts them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, select

from reviewer.store.tables import Label, LabelHead, Rater, core

_H, _L = core(LabelHead).c, core(Label).c
# A name of its own: the statements may join raters, too.
_author = core(Rater).alias("author")
_by_a_person = select(_author.c.kind).where(_author.c.id == _H.rater).scalar_subquery() == "human"

IS_PRIMARY: ColumnElement[bool] = and_(
    _H.phase == "independent",
    _L.outcome == "submitted",
    _L.exposure == "none",
    ~_L.surplus,
    # Checks and judges see everything and take nobody's place.
    _by_a_person,
)
"""Of LabelHead joined with its Label: a person's submitted, independent label, given before others' judgment was seen,
and not beyond the overlap."""
