"""The command `yiti`."""

import sys
from collections.abc import Callable

from signing import evidence_verify
from yiti import pki_command
from yiti.cases import replay

COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "evidence": evidence_verify.main,
    "pki": pki_command.main,
    "replay": replay.main,
}


def main() -> int:
    """Run a subcommand, such as `yiti replay CASE` or `yiti pki status`; its exit code."""
    name, arguments = (sys.argv[1] if len(sys.argv) > 1 else ""), sys.argv[2:]
    if name not in COMMANDS:
        print(f"用法：yiti {'|'.join(COMMANDS)} …", file=sys.stderr)  # noqa: T201  # it talks to a person at a terminal
        return 2
    return COMMANDS[name](arguments)


if __name__ == "__main__":
    raise SystemExit(main())
