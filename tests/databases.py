"""The databases on which a test runs: a file as ever, or a database of the PostgreSQL that a session has started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from psycopg import sql

from reviewer.store.postgres import PostgresStore, connect, open_database
from reviewer.store.tables import METADATA
from reviewer.store.upgrading import upgrade
from tests.postgres import database, server

_MADE = "'store', 'device', 'schema', 'import', 'created_at'"


class Databases:
    """Databases with an empty store each, made as they are asked for and emptied after each test."""

    def __init__(self, server: str, opened: ExitStack) -> None:
        self.server = server
        self._opened = opened
        self._kept: list[PostgresStore] = []
        self._given = 0

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """One test: what was given to it is emptied when it ends."""
        self._given = 0
        try:
            yield
        finally:
            for store in self._kept[: self._given]:
                store.close()
                _empty(store)

    def fresh(self) -> PostgresStore:
        """An empty store that the test was not given yet."""
        if self._given == len(self._kept):
            url = self._opened.enter_context(database(self.server))
            upgrade(url)
            self._kept.append(open_database(url))
        self._given += 1
        return self._kept[self._given - 1]


@contextmanager
def started() -> Iterator[Databases]:
    """A server for the length of the block."""
    with server() as url, ExitStack() as opened:
        yield Databases(url, opened)


def _empty(store: PostgresStore) -> None:
    with closing(connect(store.url)) as connection, connection.transaction():
        for table in reversed(METADATA.sorted_tables):
            kept = f" WHERE key NOT IN ({_MADE})" if table.name == "meta" else ""
            connection.execute(sql.SQL(f'DELETE FROM "{table.name}"{kept}'))
