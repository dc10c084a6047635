"""The statements of the event log."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from reviewer.store.prepared import Prepared, insert_into
from reviewer.store.tables import (
    Certificate,
    Event,
    Golden,
    ImportedLabel,
    Label,
    Lease,
    Meta,
    Note,
    Queue,
    Round,
    core,
)

_E, _L, _B, _LE, _M, _Q, _R = (core(table).c for table in (Event, Label, ImportedLabel, Lease, Meta, Queue, Round))
head = Prepared(select(_E.seq, _E.hash).where(_E.stream == bindparam("stream")).order_by(_E.seq.desc()).limit(1))
all_events = Prepared(select(core(Event)).order_by(_E.stream, _E.seq))
_newest_first = select(core(Event)).order_by(_E.at.desc(), _E.stream.desc(), _E.seq.desc()).limit(bindparam("most"))
latest_events = Prepared(_newest_first)
events_of_subject = Prepared(_newest_first.where(_E.subject == bindparam("of_subject")))
label = Prepared(select(core(Label)).where(_L.id == bindparam("label")))
labels_of_import = Prepared(
    select(core(Label))
    .select_from(core(ImportedLabel).join(core(Label), _B.label == _L.id))
    .where(_B.batch == bindparam("batch"))
)
count_certificates = Prepared(select(func.count()).select_from(core(Certificate)))
rounds = Prepared(
    select(_Q.id, _Q.name, _Q.state).select_from(core(Round).join(core(Queue), _R.child == _Q.id)).order_by(_Q.id)
)
count_labels = Prepared(select(func.count()).select_from(core(Label)))
count_golden = Prepared(select(func.count()).select_from(core(Golden)))
count_notes = Prepared(select(func.count()).select_from(core(Note)))
retired_golden = Prepared(select(core(Golden).c.id).where(core(Golden).c.retired.is_not(None)))
insert_event = insert_into(Event)
device = Prepared(select(_M.value).where(_M.key == "device"))
lease_of = Prepared(select(_LE.id).where(_LE.task == bindparam("task"), _LE.rater == bindparam("rater")))
