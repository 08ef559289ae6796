"""`python -m yiti.local …`: what `make` calls."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress

from kernel.settings import ROOT
from yiti.local.environment import Places
from yiti.local.migrations import check_migrations
from yiti.local.run import CannotRun, only_one, run, running_settings
from yiti.local.server import ServerFailed
from yiti.local.supervisor import say


def reset(places: Places) -> None:
    """Forget all local data, keys and documents; refused while the platform runs."""
    if not places.var.exists():
        return
    with only_one(places):
        shutil.rmtree(places.var)
    say("已清除 var/ 下的全部数据。")


def migrate(places: Places) -> None:
    """Bring the running platform's database, or the one the settings name, to the newest schema."""
    environment = {**os.environ, **running_settings(places)}
    if "YITI_OWNER_DATABASE_URL" not in environment:
        message = "先 make run，或设置 YITI_OWNER_DATABASE_URL（no database: start the platform or set its address）"
        raise CannotRun(message)
    subprocess.run([sys.executable, "-m", "alembic", "upgrade", "head"], cwd=ROOT, env=environment, check=True)


def check(_places: Places) -> None:
    """Do the migrations build what the models say?"""
    try:
        check_migrations()
    except subprocess.CalledProcessError as failed:
        raise CannotRun("迁移与模型不一致（migrations and models differ）") from failed


COMMANDS = {"run": run, "reset": reset, "migrate": migrate, "check-migrations": check}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m yiti.local")
    parser.add_argument("command", choices=COMMANDS)
    command = COMMANDS[parser.parse_args().command]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the supervisor takes over
    try:
        with suppress(KeyboardInterrupt):
            command(Places())
    except (CannotRun, ServerFailed) as refusal:
        sys.exit(f"✗ {refusal}")


if __name__ == "__main__":
    main()
