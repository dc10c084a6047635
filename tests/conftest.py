"""What all tests share: those that are marked `both_databases` run on a file and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.databases import Databases


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marked = metafunc.definition.get_closest_marker
    if marked("both_databases") and not marked("only_a_file"):
        metafunc.parametrize("kind_of_database", ["file", "postgresql"])


@pytest.fixture
def kind_of_database() -> str:
    """On which database the test runs."""
    return "file"


@pytest.fixture(autouse=True)
def database_of_the_test(kind_of_database: str, request: pytest.FixtureRequest) -> Iterator[None]:
    """Lets the test's stores lie in databases where it runs on these."""
    if kind_of_database == "file":
        yield
        return
    from tests.store.filling import elsewhere

    databases: Databases = request.getfixturevalue("databases")
    with databases.in_use(), elsewhere(databases.fresh):
        yield


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """A PostgreSQL server, started when the first test asks for it."""
    from tests.databases import started

    with started() as databases:
        yield databases
