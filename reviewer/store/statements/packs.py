"""The statements of packs: keys, what a device has waiting, and what a rater's labels have become."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from reviewer.store.prepared import Prepared, insert_unless_known, upsert
from reviewer.store.tables import Device, Event, Label, Meta, Outbox, Task, core

_D, _E, _L, _M, _O, _T = (core(table).c for table in (Device, Event, Label, Meta, Outbox, Task))
_waits = (_O.remote == bindparam("remote")) & (_O.state == "waiting")

# Keys
fact = Prepared(select(_M.value).where(_M.key == bindparam("key")))
put_fact = insert_unless_known(Meta)
public_key = Prepared(select(_D.public_key).where(_D.device == bindparam("device"), _D.rater == bindparam("rater")))
put_device = upsert(Device, skip=("first_seen",))

# On the rater's machine
queue_of_task = Prepared(select(_T.queue).where(_T.id == bindparam("task")))
state_of_label = Prepared(select(_O.state).where(_O.label == bindparam("label"), _O.remote == bindparam("remote")))
waiting_without_event = Prepared(
    select(core(Label))
    .select_from(core(Outbox).join(core(Label), _O.label == _L.id))
    .where(
        _waits,
        _O.label.not_in(select(_E.subject).where(_E.stream == bindparam("stream"), _E.seq > bindparam("after"))),
    )
    .order_by(_O.label)
)

# At the server
labels_of = Prepared(
    select(_L.id, _L.surplus)
    .where(_L.queue == bindparam("queue"), _L.rater == bindparam("rater"), _L.id > bindparam("after"))
    .order_by(_L.id)
    .limit(bindparam("most"))
)
