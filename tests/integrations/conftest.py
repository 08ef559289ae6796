"""The sandbox as its own process, a small platform that receives callbacks, and connectors between them."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
import uvicorn
from litestar import Litestar, Request, Response, post
from litestar.params import FromPath

from integrations.connectors import Connectors, connect
from integrations.gateway import Received
from integrations.http import Policy
from kernel.blobs import BlobStore
from kernel.db import Database
from kernel.errors import DomainError
from kernel.settings import Settings
from kernel.tenancy import as_tenant
from tests import programs

HOME = "411528"
QUICK = Policy(timeout_seconds=10, attempts=3, first_pause_seconds=0.01)
"""Tries again at once, but waits long enough for a busy machine."""


PLAIN: Any = {"trust_env": False, "verify": False, "timeout": 30}
"""Loopback without TLS: making its context anew costs more than all requests of a test."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Sandbox:
    """The sandbox process; `http` speaks to its API."""

    directory: Path
    keys_dir: Path
    port: int = field(default_factory=free_port)
    process: "ForkServerProcess | None" = None
    http: httpx.Client = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        own = {"YITI_VAR_DIR": self.directory, "YITI_KEYS_DIR": self.keys_dir, "YITI_SANDBOX_PORT": self.port}
        environment = {**os.environ, **{name: str(value) for name, value in own.items()}}
        arguments = ["--factory", "integrations.sandbox.app:create_app", "--port", str(self.port)]
        self.process = programs.start("uvicorn", arguments, environment, self.directory / "sandbox.log")
        self.http = httpx.Client(base_url=self.url, **PLAIN)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                self.http.get("/health").raise_for_status()
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError((self.directory / "sandbox.log").read_text())

    def kill(self) -> None:
        assert self.process is not None
        self.http.close()
        self.process.kill()
        self.process.join()

    def get(self, path: str) -> Any:
        answer = self.http.get(path, headers={"accept": "application/json"})
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **content: Any) -> httpx.Response:
        return self.http.post(path, **content)

    def fault(self, counterparty: str, **faults: Any) -> None:
        self.http.put(f"/faults/{counterparty}", json=faults).raise_for_status()

    def heal(self) -> None:
        self.http.delete("/faults").raise_for_status()


@pytest.fixture(scope="session")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="session")
def _sandbox_process(tmp_path_factory: pytest.TempPathFactory, keys_dir: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"), keys_dir)
    sandbox.start()
    yield sandbox
    sandbox.kill()


@pytest.fixture
def sandbox(_sandbox_process: Sandbox) -> Iterator[Sandbox]:
    """The running sandbox, without faults before and after."""
    yield _sandbox_process
    _sandbox_process.heal()


@pytest.fixture(scope="session")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> BlobStore:
    return BlobStore(f"file://{tmp_path_factory.mktemp('blobs')}")


@pytest.fixture
def integration_settings(sandbox: Sandbox, settings: Settings, platform_port: int) -> Settings:
    return settings.model_copy(
        update={
            "keys_dir": sandbox.keys_dir,
            "public_url": f"http://127.0.0.1:{platform_port}",
            "identity_url": f"{sandbox.url}/identity",
            "supervision_bank_url": f"{sandbox.url}/bank",
            "mortgage_bank_url": f"{sandbox.url}/mortgage-bank",
            "tax_url": f"{sandbox.url}/tax",
            "sms_url": f"{sandbox.url}/sms",
        }
    )


@pytest.fixture
def platform_port() -> int:
    return free_port()


@pytest.fixture
async def connectors(integration_settings: Settings, database: Database, blobs: BlobStore) -> AsyncIterator[Connectors]:
    """Used inside the home county (fixture `home`)."""
    made = connect(integration_settings, database, blobs, QUICK)
    yield made
    await made.aclose()


@pytest.fixture
def home() -> Iterator[None]:
    with as_tenant(HOME):
        yield


@dataclass
class Platform:
    """The receiving end: what the gateway accepted, and what it answered."""

    received: list[Received] = field(default_factory=list)
    refused: list[DomainError] = field(default_factory=list)
    fail_next: int = 0

    def new(self) -> list[Received]:
        return [item for item in self.received if not item.duplicate]


@pytest.fixture
async def platform(connectors: Connectors, database: Database, platform_port: int) -> AsyncIterator[Platform]:
    async with receiving(connectors, database, platform_port) as platform:
        yield platform


@asynccontextmanager
async def receiving(connectors: Connectors, database: Database, port: int) -> AsyncIterator[Platform]:
    """A real HTTP server around `Gateway.receive`, as the platform's controller will have it."""
    platform = Platform()

    @post("/gateway/{county:str}/{counterparty:str}/events", status_code=200)
    async def events(
        county: FromPath[str], counterparty: FromPath[str], request: Request[Any, Any, Any]
    ) -> Response[dict[str, bool]]:
        async with database.transaction(county) as tx:
            received = await connectors.gateway.receive(tx, counterparty, await request.body())
            if platform.fail_next:
                platform.fail_next -= 1
                raise RuntimeError("the work after it failed")
        platform.received.append(received)
        return Response({"duplicate": received.duplicate})

    def refused(_: Request[Any, Any, Any], error: DomainError) -> Response[dict[str, str]]:
        platform.refused.append(error)
        return Response({"code": error.code}, status_code=error.status)

    app = Litestar([events], exception_handlers={DomainError: refused}, openapi_config=None, logging_config=None)
    async with serving(app, port):
        yield platform


@asynccontextmanager
async def serving(app: Litestar, port: int, lifespan: Literal["on", "off"] = "on") -> AsyncIterator[None]:
    """The application on this port, in this process; without its lifespan where its parts are open already."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", lifespan=lifespan, ws="none"))
    task = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started)
        yield
    finally:
        server.should_exit = True
        await task


async def until(condition: Callable[[], object], seconds: float = 40) -> None:
    """Wait for something that another process or task brings about."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.02)
