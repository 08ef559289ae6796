"""What `make run` decides before it starts anything, and a whole run with small stand-ins for the three processes."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from yiti.local.environment import Places, development_secrets, listening_url, local_settings
from yiti.local.run import CannotRun, check_ports, is_running, only_one, run, running_settings, start_servers

GIVEN = {"YITI_WEB_PORT": "18080", "YITI_SANDBOX_PORT": "18090"}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(tmp_path / "var")
    places.prepare()
    return places


def test_secrets_are_made_once_and_closed(tmp_path: Path) -> None:
    file = tmp_path / "secrets.env"
    first = development_secrets(file)
    assert development_secrets(file) == first
    assert set(first) == {"YITI_PII_KEYS", "YITI_PII_INDEX_KEY", "YITI_PKI_PASSPHRASE"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert development_secrets(tmp_path / "other.env") != first


def test_settings_follow_the_ports_and_the_environment_goes_first(places: Places) -> None:
    settings = local_settings(places, {**GIVEN, "YITI_TAX_URL": "http://10.0.0.1/tax", "HOME": "/nowhere"})
    assert settings["YITI_PUBLIC_URL"] == "http://127.0.0.1:18080"
    assert settings["YITI_IDENTITY_URL"] == "http://127.0.0.1:18090/identity"
    assert settings["YITI_TAX_URL"] == "http://10.0.0.1/tax"
    assert "HOME" not in settings


def test_a_second_start_is_refused_and_disturbs_nothing(places: Places) -> None:
    with only_one(places):
        places.running.write_text('{"YITI_PUBLIC_URL": "http://127.0.0.1:18080"}')
        with pytest.raises(CannotRun, match=r"已在运行 http://127\.0\.0\.1:18080"), only_one(places):
            pytest.fail("two platforms on one directory")
        assert is_running(places)
    assert not is_running(places)
    assert running_settings(places) == {}


def test_a_killed_platform_is_not_taken_for_a_running_one(places: Places) -> None:
    places.running.write_text("{}")
    assert not is_running(places)
    with only_one(places):
        assert not places.running.exists()


def test_a_busy_port_is_named(places: Places) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        with pytest.raises(CannotRun, match=f"端口 {port} 已被占用.*YITI_SANDBOX_PORT"):
            check_ports(local_settings(places, {**GIVEN, "YITI_SANDBOX_PORT": port}))


def test_outside_servers_are_used_and_none_is_started(places: Places) -> None:
    outside = {
        "YITI_DATABASE_URL": "postgresql+asyncpg://yiti_app@db/yiti",
        "YITI_OWNER_DATABASE_URL": "postgresql+asyncpg://yiti_owner@db/yiti",
        "YITI_VALKEY_URL": "redis://queue",
    }
    settings = local_settings(places, GIVEN | outside)
    with ExitStack() as running:
        assert start_servers(places, settings, running) == []
    assert settings.items() >= outside.items()
    del settings["YITI_OWNER_DATABASE_URL"]
    with pytest.raises(CannotRun, match="YITI_OWNER_DATABASE_URL"), ExitStack() as running:
        start_servers(places, settings, running)


def test_production_is_refused(places: Places, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("YITI_ENVIRONMENT", "production")
    with pytest.raises(CannotRun, match="make run is never production"):
        run(places)


STAND_IN = """
import signal, sys
from yiti.local import run
from yiti.local.environment import Places
from pathlib import Path
signal.signal(signal.SIGTERM, signal.default_int_handler)
run.SETUP_STEPS = (("准备", (sys.executable, "-c", "print('账号 demo')")),)
page = "import http.server, socketserver, sys;" \\
    "http.server.SimpleHTTPRequestHandler.do_GET = lambda s: (s.send_response(204), s.end_headers());" \\
    "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()"
run._uvicorn = lambda factory, settings, name: [sys.executable, "-c", page, settings[f"YITI_{name}_PORT"]]
run.run(Places(Path(sys.argv[1])))
"""


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


@contextmanager
def platform(directory: Path) -> "Iterator[subprocess.Popen[str]]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YITI_")}
    ports = {"YITI_WEB_PORT": free_port(), "YITI_SANDBOX_PORT": free_port()}
    command = [sys.executable, "-c", STAND_IN, str(directory)]
    process = subprocess.Popen(
        command, env=kept | ports, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def read_until(process: "subprocess.Popen[str]", words: str) -> str:
    assert process.stdout
    read = ""
    for line in process.stdout:
        read += line
        if words in line:
            return read
    pytest.fail(f"never said {words}:\n{read}")


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.soak)])
def test_a_whole_run(tmp_path: Path, how: signal.Signals) -> None:
    places = Places(tmp_path / "var")
    with platform(places.var) as process:
        said = read_until(process, "按 Ctrl-C 停止")
        assert "账号 demo" in said
        settings = running_settings(places)
        ready = f"{listening_url(settings, 'WEB')}/health/ready"
        assert httpx.get(ready, trust_env=False).status_code == 204
        with platform(places.var) as second:
            assert "already running" in read_until(second, "already running")
        process.send_signal(how)
        read_until(process, "已停止")
        assert process.wait(20) == 0
    left = subprocess.run(["pgrep", "-f", str(places.var)], capture_output=True, text=True, check=False).stdout
    assert left == ""
    assert not is_running(places)
    assert (places.var / "postgres" / "PG_VERSION").exists()
