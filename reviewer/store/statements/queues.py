"""The statements of queues, rubrics and raters."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, exists, func, select, update

from reviewer.store.prepared import Prepared, insert_into, insert_unless_known
from reviewer.store.tables import Dataset, Label, Progress, Queue, QueueRubric, Rater, Rubric, core

# The state of a queue whose first import has not ended: nobody sees it, and the next import clears it away.
IMPORTING = "importing"
_Q, _D, _QR, _R, _RA, _P, _L = (
    core(table).c for table in (Queue, Dataset, QueueRubric, Rubric, Rater, Progress, Label)
)
by_name = Prepared(select(core(Queue)).where(_Q.name == bindparam("name")))
every = Prepared(select(core(Queue)).where(_Q.state != IMPORTING).order_by(_Q.created_at))
open_prepared = Prepared(
    update(core(Queue)).where(_Q.id == bindparam("of_queue"), _Q.state == IMPORTING).values(state="open")
)
drop_prepared = Prepared(delete(core(Queue)).where(_Q.id == bindparam("of_queue"), _Q.state == IMPORTING))
drop_empty_datasets = Prepared(
    delete(core(Dataset)).where(_D.size == 0, ~exists(select(_Q.id).where(_Q.dataset == _D.id)))
)
rubrics = Prepared(
    select(_R.id, _R.document)
    .select_from(core(QueueRubric).join(core(Rubric), _QR.rubric == _R.id))
    .where(_QR.queue == bindparam("queue"))
    .order_by(_QR.from_seq)
)
rubric = Prepared(select(_R.document).where(_R.id == bindparam("rubric")))
rubric_by_hash = Prepared(select(_R.id).where(_R.content_hash == bindparam("content_hash")))
last_rubric = Prepared(
    select(_QR.from_seq, _QR.rubric).where(_QR.queue == bindparam("queue")).order_by(_QR.from_seq.desc()).limit(1)
)
dataset = Prepared(select(_D.id).where(_D.name == bindparam("name"), _D.version == bindparam("version")))
rater = Prepared(
    select(_RA.id).where(_RA.name == bindparam("name"), _RA.kind == bindparam("kind"), _RA.spec_hash == "")
)
rater_name = Prepared(select(_RA.name).where(_RA.id == bindparam("rater")))
change = Prepared(
    update(core(Queue))
    .where(_Q.id == bindparam("of_queue"))
    .values(
        overlap=bindparam("to_overlap"),
        blind=bindparam("to_blind"),
        settings=bindparam("to_settings"),
        state=bindparam("to_state"),
        revealed_at=bindparam("to_revealed_at"),
    )
)
team_progress = Prepared(
    select(
        _RA.name,
        _P.submitted,
        _P.skipped,
        _P.abstained,
        _P.sent_back,
        _P.flagged,
        _P.active_ms,
        _P.updated_at,
    )
    .select_from(core(Progress).join(core(Rater), _P.rater == _RA.id))
    .where(_P.queue == bindparam("queue"))
    .order_by(_RA.name)
)
labels_in = Prepared(select(func.count()).select_from(core(Label)).where(_L.queue == bindparam("queue")))
insert_dataset = insert_into(Dataset)
insert_queue = insert_into(Queue)
insert_queue_rubric = insert_into(QueueRubric)
# Two who add the same at the same time both go on with the one row.
insert_rater = insert_unless_known(Rater)
insert_rubric = insert_unless_known(Rubric)
