"""One real Neo4j server for all tests of stores; each test finds its database empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.neo4j import Neo4j


@pytest.fixture(scope="session")
def neo4j_server() -> Iterator[Neo4j]:
    with Neo4j() as server:
        yield server


@pytest.fixture
def empty_neo4j(neo4j_server: Neo4j, monkeypatch: pytest.MonkeyPatch) -> Neo4j:
    monkeypatch.setenv("GRANTPATH_STORE_PASSWORD", neo4j_server.password)
    neo4j_server.run("MATCH (n) WHERE NOT n:Grantpath DETACH DELETE n")
    return neo4j_server
