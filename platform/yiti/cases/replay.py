"""Deciding again from a receipt (`yiti replay CASE`): the same facts must give the same findings.

Pure, but for the command at the end. A receipt holds the facts, their digest, the version of the rules, the findings.
"""

import argparse
import asyncio
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from kernel.db import Database
from kernel.settings import get_settings
from yiti.cases import presale_notice, rules
from yiti.cases.encoding import builtins, decode
from yiti.cases.facts import CaseFacts
from yiti.cases.findings import Finding, outcome_of
from yiti.cases.service import readers


class Receipt(Protocol):
    """A decision receipt, as the table keeps it."""

    @property
    def rules_version(self) -> str: ...
    @property
    def facts(self) -> str: ...
    @property
    def facts_digest(self) -> str: ...
    @property
    def findings(self) -> list[dict[str, Any]]: ...
    @property
    def outcome(self) -> str: ...


class Difference(Struct, frozen=True, kw_only=True):
    """One thing that is not the same: where (`facts.units.0.entries.1.rank`), what it was, and what it is now."""

    path: str
    was: str
    now: str


class Replay(Struct, frozen=True, kw_only=True):
    """The answer: whether the decision comes out the same, and if not, why."""

    same: bool
    differences: tuple[Difference, ...]


_RULES: dict[str, tuple[type[Any], str, Callable[[Any], tuple[Finding, ...]]]] = {
    "presale_notice": (presale_notice.PresaleFacts, presale_notice.VERSION, presale_notice.examine),
    "registration": (CaseFacts, rules.VERSION, rules.examine),
}


def replay(receipt: Receipt) -> Replay:
    """Run the rules again on the receipt's own facts.

    Facts that no longer fit their digest have been altered: they are reported, and nothing is decided from them. A
    change of the rules since then is reported too, whether or not the findings differ.
    """
    digest = sha256(receipt.facts.encode()).hexdigest()
    if digest != receipt.facts_digest:
        return _different(Difference(path="facts_digest", was=receipt.facts_digest, now=digest))
    series = receipt.rules_version.partition("/")[0]
    if series not in _RULES:
        return _different(Difference(path="rules_version", was=receipt.rules_version, now=""))
    kind, version, examine = _RULES[series]
    try:
        findings = examine(decode(receipt.facts, kind))
    except msgspec.ValidationError as error:
        return _different(Difference(path="facts", was=receipt.rules_version, now=str(error)))
    found = list(compare(_known(receipt.findings), builtins(findings), "findings"))
    found += compare(receipt.outcome, outcome_of(findings), "outcome")
    same = not found
    if receipt.rules_version != version:
        found.insert(0, Difference(path="rules_version", was=receipt.rules_version, now=version))
    return Replay(same=same, differences=tuple(found))


def _known(findings: list[dict[str, Any]]) -> Any:
    """With what later versions of the program have added to findings."""
    return builtins(msgspec.convert(findings, tuple[Finding, ...]))


def _different(difference: Difference) -> Replay:
    return Replay(same=False, differences=(difference,))


def changed_inputs(earlier: Receipt, later: Receipt) -> tuple[Difference, ...]:
    """Which facts differ between two decisions of the same case."""
    return tuple(compare(json.loads(earlier.facts), json.loads(later.facts), "facts"))


def compare(was: Any, now: Any, path: str) -> Iterator[Difference]:
    """Every leaf of two JSON values that is not the same."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in sorted({*was, *now}):
            yield from compare(was.get(key), now.get(key), f"{path}.{key}")
    elif isinstance(was, list | tuple) and isinstance(now, list | tuple):
        for place in range(max(len(was), len(now))):
            before, after = (_at(one, place) for one in (was, now))
            yield from compare(before, after, f"{path}.{place}")
    elif was != now:
        yield Difference(path=path, was=_shown(was), now=_shown(now))


def _at(values: Any, place: int) -> Any:
    return values[place] if place < len(values) else None


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


async def replay_case(database: Database, number: str) -> list[str]:
    """Lines for a person: every decision of the case run again, and what changed from one to the next.

    The county is the first six digits of the case number. Differences of facts name places, never people.
    """
    async with database.read(number[:6]) as reader:
        case = await readers.by_number(reader, number)
        receipts = await readers.receipts(reader, case.id)
    lines = []
    for place, receipt in enumerate(receipts):
        answer = replay(receipt)
        words = "结果一致" if answer.same else "结果不一致"
        lines.append(f"{receipt.decided_at:%Y-%m-%d %H:%M:%S} {receipt.rules_version} {receipt.outcome}：{words}")
        lines += [f"  {one.path}: {one.was} → {one.now}" for one in answer.differences]
        if place:
            changed = changed_inputs(receipts[place - 1], receipt)
            lines += [f"  输入变化 {one.path}" for one in changed]
    return lines or [f"{number}：没有审核记录"]


def main(arguments: list[str] | None = None) -> int:
    """`python -m yiti.cases.replay CASE`; 1 where a decision does not come out the same."""
    parser = argparse.ArgumentParser(prog="yiti replay", description="依审核回执重新作出审核，并比对结果")
    parser.add_argument("case", help="业务号")
    lines = asyncio.run(_replayed(parser.parse_args(arguments).case))
    for line in lines:
        print(line)  # noqa: T201  # it talks to a person at a terminal
    return int(any(line.endswith("结果不一致") for line in lines))


async def _replayed(number: str) -> list[str]:
    async with Database(get_settings().database_url) as database:
        return await replay_case(database, number)


if __name__ == "__main__":
    raise SystemExit(main())
