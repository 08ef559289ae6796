"""`make run`: the whole platform on one machine, from nothing to an address to open."""

import asyncio
import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import msgspec

from kernel.settings import ROOT
from yiti.local.environment import DATABASE, Places, listening_url, local_settings
from yiti.local.servers import OWNER_ROLE, PostgresServer, ValkeyServer
from yiti.local.supervisor import Child, Supervisor, say

READY_WITHIN = 90.0
HEALTH_PATHS = {"WEB": "/health/ready", "SANDBOX": "/health"}
_WATCH_EVERY = 1.0

# Each must be repeatable: every start runs them all. The last prints the demo accounts.
SETUP_STEPS = (
    ("迁移数据库", (sys.executable, "-m", "alembic", "upgrade", "head")),
    ("装入演示县数据", (sys.executable, "-m", "yiti.local.demo_county")),
)


class CannotRun(RuntimeError):
    """One line for the person at the terminal that says why the platform does not start."""


def run(places: Places) -> None:
    """Start everything, print the address and the accounts, stay until Ctrl-C or SIGTERM."""
    if os.environ.get("YITI_ENVIRONMENT") == "production":
        raise CannotRun("make run 只用于试用和开发；正式部署见 docs/operations.md（make run is never production）")
    places.prepare()
    with only_one(places), ExitStack() as servers:
        settings = local_settings(places)
        check_ports(settings)
        watched = start_servers(places, settings, servers)
        environment = {**os.environ, **settings}
        accounts = set_up(environment, places.logs / "setup.log")
        asyncio.run(_supervise(places, settings, environment, accounts, watched))
        say("正在停止数据库和队列……")
    say("已停止，数据保留在 var/。")


@contextmanager
def only_one(places: Places) -> Iterator[None]:
    """Hold the directory's lock; a second start says so and touches nothing."""
    with places.lock.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            address = running_settings(places).get("YITI_PUBLIC_URL", "")
            message = f"平台已在运行 {address}（already running）；先用 Ctrl-C 停止它"
            raise CannotRun(message) from None
        places.running.unlink(missing_ok=True)
        try:
            yield
        finally:
            places.running.unlink(missing_ok=True)


def is_running(places: Places) -> bool:
    """Whether a platform holds this directory and has said that it is ready."""
    if not places.running.exists():
        return False
    with places.lock.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def running_settings(places: Places) -> dict[str, str]:
    """The settings of the platform that runs; empty when none does."""
    return msgspec.json.decode(places.running.read_bytes(), type=dict[str, str]) if places.running.exists() else {}


def check_ports(settings: Mapping[str, str]) -> None:
    """Refuse to start on a port that something else holds."""
    for name in ("WEB", "SANDBOX"):
        host, port = settings[f"YITI_{name}_HOST"], settings[f"YITI_{name}_PORT"]
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, int(port)))
            except OSError:
                message = f"端口 {port} 已被占用；换一个：YITI_{name}_PORT=… make run（port {port} is in use）"
                raise CannotRun(message) from None


def start_servers(places: Places, settings: dict[str, str], running: ExitStack) -> list[PostgresServer | ValkeyServer]:
    """Start the embedded servers that the settings do not replace by outside ones, and fill in their addresses."""
    started: list[PostgresServer | ValkeyServer] = []
    if "YITI_DATABASE_URL" not in settings:
        say("启动 PostgreSQL……")
        postgres = PostgresServer(places.var / "postgres", log=places.logs / "postgres.log")
        started.append(running.enter_context(postgres))
        asyncio.run(postgres.ensure_database(DATABASE))
        settings["YITI_DATABASE_URL"] = postgres.dsn(DATABASE)
        settings["YITI_OWNER_DATABASE_URL"] = postgres.dsn(DATABASE, OWNER_ROLE)
    elif "YITI_OWNER_DATABASE_URL" not in settings:
        message = "用外部数据库时还要设置 YITI_OWNER_DATABASE_URL（迁移用的属主账号），见 docs/operations.md"
        raise CannotRun(message)
    if "YITI_VALKEY_URL" not in settings:
        say("启动 Valkey……")
        valkey = ValkeyServer(places.var / "valkey", log=places.logs / "valkey.log")
        started.append(running.enter_context(valkey))
        settings["YITI_VALKEY_URL"] = valkey.url
    return started


def set_up(environment: Mapping[str, str], log: Path) -> str:
    """Run the set-up steps in order; what the last one prints are the accounts. Raises CannotRun with its error."""
    printed = ""
    for title, command in SETUP_STEPS:
        say(f"{title}……")
        step = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        log.write_text(step.stderr, encoding="utf-8")
        if step.returncode:
            end = "\n".join(step.stderr.strip().splitlines()[-6:])
            raise CannotRun(f"{title}失败，全文在 {log}（this step failed: {' '.join(command[1:])}）\n{end}")
        printed = step.stdout
    return printed


def platform_children(places: Places, settings: Mapping[str, str], environment: Mapping[str, str]) -> list[Child]:
    """Web, worker and sandbox."""
    web = _uvicorn("yiti.app:create_app", settings, "WEB")
    sandbox = _uvicorn("integrations.sandbox.app:create_app", settings, "SANDBOX")
    worker = [sys.executable, "-m", "yiti.worker"]
    commands = {"sandbox": sandbox, "web": web, "worker": worker}
    return [Child(name, command, environment, places.logs / f"{name}.log") for name, command in commands.items()]


async def _supervise(
    places: Places,
    settings: Mapping[str, str],
    environment: Mapping[str, str],
    accounts: str,
    servers: Sequence[PostgresServer | ValkeyServer],
) -> None:
    """The time between start and stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(wanted, stop.set)
    supervisor = Supervisor(platform_children(places, settings, environment), say)
    say("启动网页、后台和沙箱……")
    supervisor.start()
    watching = asyncio.create_task(_watch(servers))
    stopped = asyncio.create_task(stop.wait())
    try:
        ready = asyncio.create_task(_wait_ready(settings, places))
        await asyncio.wait({ready, stopped, watching}, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            ready.result()
            _announce(places, settings, accounts)
            await asyncio.wait({stopped, watching}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if watching.done():
            watching.result()
    finally:
        watching.cancel()
        stopped.cancel()
        say("正在停止……")
        await supervisor.stop()


async def _watch(servers: Sequence[PostgresServer | ValkeyServer]) -> None:
    """Start an embedded server again that was ended by somebody else; our processes reconnect by themselves."""
    while True:
        await asyncio.sleep(_WATCH_EVERY)
        for server in servers:
            if not server.running:
                say(f"{server.name} 意外退出，重新启动；详见 {server.log}")
                # In this thread on purpose: the kernel ends a server together with the thread that started it.
                server.start()


async def _wait_ready(settings: Mapping[str, str], places: Places) -> None:
    """Wait until web and sandbox answer."""
    addresses = [f"{listening_url(settings, name)}{path}" for name, path in HEALTH_PATHS.items()]
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        try:
            async with asyncio.timeout(READY_WITHIN):
                for address in addresses:
                    while not await _answers(client, address):  # noqa: ASYNC110 - another process, which sends no event
                        await asyncio.sleep(0.2)
        except TimeoutError:
            end = _tail(places.logs / "web.log")
            message = f"{READY_WITHIN:.0f} 秒内没有就绪，请看 {places.logs} 下的日志：\n{end}"
            raise CannotRun(message) from None


async def _answers(client: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(address)).is_success
    except httpx.TransportError:
        return False


def _announce(places: Places, settings: Mapping[str, str], accounts: str) -> None:
    unfinished = places.running.with_suffix(".new")
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(msgspec.json.encode(settings))
    unfinished.rename(places.running)
    say(f"\n{accounts.strip()}\n")
    say(f"平台已就绪：{settings['YITI_PUBLIC_URL']}（沙箱 {listening_url(settings, 'SANDBOX')}）")
    say("按 Ctrl-C 停止。")


def _uvicorn(factory: str, settings: Mapping[str, str], name: str) -> list[str]:
    host, port = settings[f"YITI_{name}_HOST"], settings[f"YITI_{name}_PORT"]
    fixed = ["--factory", "--no-access-log", "--timeout-graceful-shutdown", "10"]
    return [sys.executable, "-m", "uvicorn", factory, "--host", host, "--port", port, *fixed]


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else ""
