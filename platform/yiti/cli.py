"""The command `yiti`."""

import sys
from importlib import import_module

# By name: no command waits for what only another one needs.
COMMANDS = {
    "evidence": "signing.evidence_verify",
    "pki": "yiti.pki_command",
    "replay": "yiti.cases.replay",
}


def main() -> int:
    """Run a subcommand, such as `yiti replay CASE` or `yiti pki status`; its exit code."""
    name, arguments = (sys.argv[1] if len(sys.argv) > 1 else ""), sys.argv[2:]
    if name not in COMMANDS:
        print(f"用法：yiti {'|'.join(COMMANDS)} …", file=sys.stderr)  # noqa: T201  # it talks to a person at a terminal
        return 2
    code: int = import_module(COMMANDS[name]).main(arguments)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
