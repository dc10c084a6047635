"""The statements of calibration rounds."""

from __future__ import annotations

from sqlalchemy import bindparam, or_, select

from reviewer.store.prepared import Prepared
from reviewer.store.tables import Queue, Rater, Round, RoundMember, core

_M, _Q, _R, _RA = (core(table).c for table in (RoundMember, Queue, Round, Rater))
blind = Prepared(
    select(_Q.name, _Q.state).where(
        _Q.id == bindparam("queue"), _Q.purpose == "calibration", or_(_Q.state == "open", _Q.state == "locked")
    )
)
members = Prepared(
    select(_RA.name)
    .select_from(
        core(RoundMember).join(core(Round), _M.round == _R.id).join(core(Rater), _M.rater == _RA.id),
    )
    .where(_R.child == bindparam("child"))
    .order_by(_RA.name)
)
