"""The embedded servers: kept data, crashes, orphans, long paths."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import asyncpg
import pytest
from redis import Redis

from yiti.local.server import ServerFailed
from yiti.local.servers import THROWAWAY, PostgresServer, ValkeyServer

pytestmark = pytest.mark.slow


async def ask(postgres: PostgresServer, query: str, role: str = "yiti_owner") -> object:
    connection = await asyncpg.connect(host=postgres.dsn("").partition("?host=")[2], user=role, database="yiti")
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_data_survives_a_kill_and_a_second_start(tmp_path: Path) -> None:
    with PostgresServer(tmp_path / "postgres") as postgres:
        await postgres.ensure_database("yiti")
        await postgres.ensure_database("yiti")
        await ask(postgres, "CREATE TABLE kept AS SELECT 42 AS answer")
        postgres.kill()
        postgres.start()
        assert await ask(postgres, "SELECT answer FROM kept") == 42
    with PostgresServer(tmp_path / "postgres") as postgres:
        assert await ask(postgres, "SELECT answer FROM kept") == 42


async def test_a_deep_directory_still_gets_a_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    with PostgresServer(deep / "postgres", options=THROWAWAY) as postgres:
        await postgres.ensure_database("yiti")
        assert await ask(postgres, "SELECT 1") == 1


def test_nobody_else_can_enter(tmp_path: Path) -> None:
    """Local connections need no password, so the directories must be closed."""
    with PostgresServer(tmp_path / "postgres", options=THROWAWAY), ValkeyServer(tmp_path / "valkey"):
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if path.is_dir()}
    assert modes == dict.fromkeys(("postgres", "postgres.socket", "valkey", "valkey.socket"), 0o700)


def test_servers_die_with_the_process_that_started_them(tmp_path: Path) -> None:
    """Killed without a chance to clean up, it leaves nothing behind, and its data can be used at once."""
    program = (
        "import sys, time; from pathlib import Path; from yiti.local.servers import throwaway_servers\n"
        "with throwaway_servers(Path(sys.argv[1])) as (p, v): print(p.pid, v.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []
    with PostgresServer(tmp_path / "postgres") as postgres:
        assert postgres.running


def test_an_orphan_on_our_data_is_stopped(tmp_path: Path) -> None:
    first = PostgresServer(tmp_path / "postgres", options=THROWAWAY).start()
    orphan = first.pid
    with PostgresServer(tmp_path / "postgres", options=THROWAWAY) as second:
        assert second.pid != orphan
        assert not first.running


def test_the_children_of_a_killed_server_are_waited_for(tmp_path: Path) -> None:
    """They end by themselves, but one that is slow to notice still holds the memory of the old server."""
    first = PostgresServer(tmp_path / "postgres", options=THROWAWAY).start()
    child = int(Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text().split()[0])
    os.kill(child, signal.SIGSTOP)
    first.kill()
    notices = threading.Timer(0.5, os.kill, (child, signal.SIGCONT))
    notices.start()
    with PostgresServer(tmp_path / "postgres", options=THROWAWAY) as second:
        assert second.running
        assert not notices.is_alive()


def test_a_stale_pid_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """After a power failure the number in the file may belong to any process."""
    with PostgresServer(tmp_path / "postgres", options=THROWAWAY) as postgres:
        content = (tmp_path / "postgres" / "postmaster.pid").read_text().splitlines()
        postgres.kill()
    with subprocess.Popen(["sleep", "60"]) as bystander:
        content[0] = str(bystander.pid)
        (tmp_path / "postgres" / "postmaster.pid").write_text("\n".join(content) + "\n")
        started = PostgresServer(tmp_path / "postgres", options=THROWAWAY)
        try:
            with started:
                assert started.running
        finally:
            alive = bystander.poll() is None
            bystander.send_signal(signal.SIGKILL)
        assert alive


def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match="no_such_setting"):
        PostgresServer(tmp_path / "postgres", options={"no_such_setting": "on"}).start()


def test_valkey_comes_back_with_what_it_held(tmp_path: Path) -> None:
    with ValkeyServer(tmp_path / "valkey") as valkey:
        with Redis.from_url(valkey.url) as client:
            client.set("k", "v")
        valkey.restart()
        with Redis.from_url(valkey.url) as client:
            assert client.get("k") == b"v"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to drop")
def test_root_does_not_run_postgresql_as_root(tmp_path: Path) -> None:
    """And needs nobody's directories opened: the temporary directory is closed to others."""
    tmp_path.chmod(0o700)
    with PostgresServer(tmp_path / "postgres", options=THROWAWAY) as postgres:
        status = Path(f"/proc/{postgres.pid}/status").read_text()
    owner = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1]
    assert owner != "0"
