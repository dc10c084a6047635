"""The statements of who may use the server, and of the tokens that prove it."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from reviewer.store.prepared import Prepared, insert_into, upsert
from reviewer.store.tables import Account, Device, Queue, Rater, Round, Token, core

_A, _D, _O, _Q, _R, _T = (core(table).c for table in (Account, Device, Round, Queue, Rater, Token))
_with_rater = core(Account).join(core(Rater), _A.rater == _R.id)

bearer = Prepared(
    select(_T.hash, _T.revoked_at, _T.expires_at, _T.queues, _A.rater, _R.name, _A.role)
    .select_from(core(Token).join(_with_rater, _T.rater == _A.rater))
    .where(_T.id == bindparam("token"))
)
role = Prepared(select(_A.role).where(_A.rater == bindparam("rater")))
insert_account = insert_into(Account)
change_role = Prepared(update(core(Account)).where(_A.rater == bindparam("of_rater")).values(role=bindparam("to_role")))
every = Prepared(select(_A.rater, _R.name, _A.role, _A.created_at).select_from(_with_rater).order_by(_R.name))
called = Prepared(
    select(_A.rater)
    .select_from(_with_rater)
    .where(_R.name == bindparam("name"), _R.kind == "human", _R.spec_hash == "")
)
tokens = Prepared(
    select(_T.rater, _T.id, _T.queues, _T.created_at, _T.expires_at, _T.revoked_at).order_by(
        _T.rater, _T.created_at, _T.id
    )
)
every_token = Prepared(
    select(_T.id, _T.rater, _T.hash, _T.queues, _T.created_at, _T.expires_at, _T.revoked_at).order_by(_T.id)
)
rater_of_token = Prepared(select(_T.rater).where(_T.id == bindparam("token")))
not_revoked = Prepared(
    select(_T.id).where(_T.rater == bindparam("rater"), _T.revoked_at.is_(None)).order_by(_T.created_at, _T.id)
)
insert_token = insert_into(Token)
revoke = Prepared(
    update(core(Token))
    .where(_T.id == bindparam("of_token"), _T.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
rounds_of = Prepared(select(_O.child).where(_O.parent == bindparam("parent")))
put_device = upsert(Device, skip=("first_seen", "public_key"))
devices = Prepared(
    select(_D.rater, _D.device, _D.public_key, _D.first_seen, _D.last_seen).order_by(_D.rater, _D.first_seen, _D.device)
)
queue = Prepared(select(_Q.id).where(_Q.id == bindparam("queue")))
