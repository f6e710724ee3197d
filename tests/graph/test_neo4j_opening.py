"""Opening the Neo4j store, and what is said where that goes wrong: passwords, URLs, schemas, a server that is away."""

from __future__ import annotations

import threading
import time

import neo4j
import pytest

from graph import check_store, open_store
from graph.copying import CopyError, copy
from graph.neo4j import schema
from graph.neo4j.server import Server, Waits
from graph.store import GraphError, SchemaVersionError, StoreFormatError, StoreUnavailableError
from tests.neo4j_server import PASSWORD, Neo4jProcess, has_java


def connected(server: Neo4jProcess) -> Server:
    return Server(f"neo4j://127.0.0.1:{server.port}", ("neo4j", PASSWORD), "neo4j")


def drop_everything(there: Server) -> None:
    for (name,) in there.read("SHOW CONSTRAINTS YIELD name RETURN name"):
        there.define(f"DROP CONSTRAINT {name}")
    for (name,) in there.read("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"):
        there.define(f"DROP INDEX {name}")
    there.write(lambda t: t.run("MATCH (n) DETACH DELETE n"))


def test_a_wrong_password_is_said_and_no_password_shown(server):
    wrong = server.url.replace("s3cret", "wr0ng")
    with pytest.raises(StoreUnavailableError, match="refuses user and password") as raised:
        open_store(wrong)
    assert "wr0ng" not in str(raised.value)


def test_the_password_comes_from_the_environment_or_a_file(server, monkeypatch, tmp_path):
    bare = f"neo4j://127.0.0.1:{server.port}/neo4j"
    with pytest.raises(GraphError):
        open_store(bare)
    (tmp_path / "secret").write_text(f"{PASSWORD}\n")
    with monkeypatch.context() as patch:
        patch.setenv("NEO4J_PASSWORD_FILE", str(tmp_path / "secret"))
        open_store(bare).close()
    monkeypatch.setenv("NEO4J_PASSWORD", PASSWORD)
    open_store(bare).close()
    monkeypatch.setenv("NEO4J_USER", "")
    open_store(bare).close()
    monkeypatch.setenv("NEO4J_PASSWORD_FILE", str(tmp_path / "nothing"))
    with pytest.raises(GraphError, match=r"NEO4J_PASSWORD_FILE: .*nothing cannot be read"):
        open_store(bare)
    for content, why in ((b"p\xe4ssword", "is not UTF-8"), (b"\n", "is empty")):
        (tmp_path / "secret").write_bytes(content)
        monkeypatch.setenv("NEO4J_PASSWORD_FILE", str(tmp_path / "secret"))
        with pytest.raises(GraphError, match=f"NEO4J_PASSWORD_FILE: .*secret {why}") as raised:
            open_store(bare)
        assert raised.value.__cause__ is None


@pytest.mark.parametrize(("version", "taken"), [("5.27-aura", True), ("5.26.12", True), ("5.14-aura", False)])
def test_versions_are_read_whatever_follows_them(server, monkeypatch, version, taken):
    monkeypatch.setattr(Server, "read", lambda self, statement, **parameters: [[version]])
    if taken:
        Server(f"bolt://127.0.0.1:{server.port}", ("neo4j", PASSWORD)).close()
    else:
        with pytest.raises(StoreFormatError, match=f"runs Neo4j {version}; Neo4j 5.23 or newer is wanted"):
            Server(f"bolt://127.0.0.1:{server.port}", ("neo4j", PASSWORD))


def test_no_server_and_no_database_are_said_at_once(server):
    began = time.monotonic()
    with pytest.raises(
        StoreUnavailableError, match=r"127.0.0.1:9: the server cannot be used now: connection refused: "
    ) as raised:
        Server("neo4j://127.0.0.1:9", ("neo4j", PASSWORD), waits=Waits(patience=1))
    assert "no server listens on 127.0.0.1:9; start it, or mend host and port" in str(raised.value)
    assert PASSWORD not in str(raised.value)
    assert time.monotonic() - began < 20
    with pytest.raises(StoreFormatError, match="nowhere: there is no such database"):
        open_store(server.url.replace("/neo4j", "/nowhere").replace("//nowhere", "//neo4j"))


@pytest.mark.parametrize("url", ["neo4j://", "neo4j:///neo4j", "neo4j://host/a/b", "bolt://u:secret@host/db?x=1"])
def test_urls_that_name_no_database_say_how_to_write_them(url):
    with pytest.raises(GraphError, match="user:password@host:port/database") as raised:
        open_store(url)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("host", ["127.0.0.1:99999", "127.0.0.1:65536", "127.0.0.1:0", "127.0.0.1:bolt", "[::1]:70000"])
def test_a_port_that_is_none_is_refused_when_the_url_is_read(host):
    with pytest.raises(
        GraphError, match="is no port, which is a number from 1 to 65535; write neo4j://host:port/database"
    ) as raised:
        open_store(f"neo4j://u:secret@{host}/neo4j")
    assert "secret" not in str(raised.value)
    assert not isinstance(raised.value, StoreUnavailableError)


def test_a_password_whose_host_was_forgotten_is_not_shown():
    with pytest.raises(GraphError, match=r"^neo4j://neo4j: what follows the colon is no port") as raised:
        open_store("neo4j://neo4j:wr0ng:5/neo4j")
    assert "wr0ng" not in str(raised.value)


@pytest.mark.parametrize("name", ["system", "System", "%73ystem"])
def test_the_database_system_is_refused(server, name):
    with pytest.raises(GraphError, match="a graph cannot lie there; name another one, as neo4j"):
        open_store(server.url.removesuffix("neo4j") + name)


def test_a_closed_store_says_so(url):
    store = open_store(url)
    store.close()
    store.close()
    with pytest.raises(StoreUnavailableError, match="was closed"):
        store.counts()
    with pytest.raises(StoreUnavailableError, match="was closed"):
        store.bulk_load([], [])


def test_a_server_that_failed_is_to_be_restarted(server):
    there = connected(server)

    def fail(transaction):
        raise neo4j.exceptions.DatabaseError

    try:
        with pytest.raises(StoreUnavailableError, match=r"the server failed \(.*once it is restarted"):
            there.write(fail)
    finally:
        there.close()


def test_a_newer_graph_is_refused(server, url):
    there = connected(server)
    open_store(url).close()
    there.write(lambda t: t.run("MATCH (s:GraphSchema) SET s.version = s.version + 1"))
    try:
        with pytest.raises(
            SchemaVersionError, match=f"version {schema.SCHEMA_VERSION + 1}, .*up to {schema.SCHEMA_VERSION}"
        ):
            open_store(url)
    finally:
        there.write(lambda t: t.run("MATCH (s:GraphSchema) SET s.version = s.version - 1"))
        there.close()


def test_two_that_open_an_empty_database_at_once_make_one_schema(server, url):
    there = connected(server)
    drop_everything(there)
    failed: list[Exception] = []

    def open_it() -> None:
        try:
            open_store(url).close()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert there.read("MATCH (s:GraphSchema) RETURN s.version") == [[schema.SCHEMA_VERSION]]
    assert len(there.read("SHOW CONSTRAINTS YIELD name RETURN name")) == 10
    there.close()


def test_an_index_that_somebody_dropped_is_made_again(server, url):
    there = connected(server)
    open_store(url).close()
    there.define("DROP CONSTRAINT region_once")
    open_store(url).close()
    assert there.read("SHOW CONSTRAINTS YIELD name WHERE name = 'region_once' RETURN count(*)") == [[1]]
    there.close()


def test_old_data_that_breaks_a_rule_is_named(server, url):
    there = connected(server)
    drop_everything(there)
    there.write(lambda t: t.run("UNWIND [1, 2] AS n CREATE (:Item {id: 'twice', source: 's', body: '{}'})"))
    try:
        with pytest.raises(StoreFormatError, match=r"does not allow .*Item.*twice"):
            open_store(url)
    finally:
        drop_everything(there)
        there.close()


def test_nodes_of_somebody_else_are_left_alone(server, url):
    there = connected(server)
    drop_everything(there)
    there.write(lambda t: t.run("CREATE (:Item {id: 'shirt', price: 3})"))
    try:
        with pytest.raises(StoreFormatError, match=r"another program's nodes .*\(Item 'shirt' has no source or body\)"):
            open_store(url)
        assert there.read("SHOW CONSTRAINTS YIELD name RETURN name") == []
    finally:
        drop_everything(there)
        there.close()


def test_a_look_says_what_is_wrong_and_never_the_password(tmp_path_factory: pytest.TempPathFactory) -> None:
    if not has_java():
        pytest.skip("no Java on this machine: tests against Neo4j are left out")
    server = Neo4jProcess(tmp_path_factory.mktemp("looked") / "server", PASSWORD)
    server.begin()
    server.wait()
    log = server.folder.with_name(f"{server.folder.name}.log")
    try:
        for _ in range(50):
            if "neo4j: ready: " in log.read_text():
                break
            time.sleep(0.1)
        assert f"ready: neo4j://127.0.0.1:{server.port}/neo4j, as NEO4J_USER=neo4j with " in log.read_text()
        assert PASSWORD not in log.read_text()
        fresh = check_store(server.url, seconds=20)
        assert (fresh.reachable, fresh.schema_ok) == (True, False)
        assert fresh.reason is not None and fresh.reason.startswith("holds no graph yet")
        open_store(server.url).close()
        assert check_store(server.url, seconds=20).usable
        refused = check_store(server.url.replace("s3cret", "wr0ng"), seconds=20)
        assert not refused.reachable and refused.reason is not None and "refuses user and password" in refused.reason
        assert "wr0ng" not in refused.reason and "s3cret" not in refused.reason
    finally:
        server.stop()
    stopped = check_store(server.url, seconds=5)
    assert not stopped.reachable and stopped.reason is not None and "connection refused" in stopped.reason
    assert "s3cret" not in stopped.reason


def test_one_database_has_one_identity_whatever_its_address(server, neo4j_servers):
    login = server.url.partition("://")[2].rpartition("@")[0]
    urls = [f"{place}:{server.port}/" for place in (f"bolt://{login}@127.0.0.1", f"neo4j://{login}@localhost")]
    with open_store(server.url) as store, open_store(neo4j_servers[0]) as other:
        for url in urls:
            with open_store(url) as again:
                assert again.identity() == store.identity() != other.identity()
                with pytest.raises(CopyError, match="FROM and TO are one store"):
                    copy(store, again)
