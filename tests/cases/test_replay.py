"""A decision made again from its receipt."""

import asyncio
import json
import os
import sys
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
import pytest

from kernel.db import Database
from tests.cases import world as w
from tests.cases.office import COUNTY, REGISTRAR, accepted
from tests.cases.test_presale_notice import CLEAR as PRESALE
from tests.cases.world import B, good
from yiti import cli
from yiti.cases import presale_notice
from yiti.cases import service as cases
from yiti.cases.encoding import builtins, encode
from yiti.cases.facts import OutsideFact
from yiti.cases.findings import outcome_of
from yiti.cases.replay import Difference, changed_inputs, replay, replay_case
from yiti.cases.replay import main as replay_command
from yiti.cases.rules import VERSION, examine


class Receipt(NamedTuple):
    rules_version: str
    facts: str
    facts_digest: str
    findings: Any
    outcome: str


def receipt(facts: Any, findings: Any, version: str = VERSION) -> Receipt:
    text = encode(facts)
    stored = json.loads(json.dumps(builtins(findings)))
    return Receipt(version, text, sha256(text.encode()).hexdigest(), stored, outcome_of(findings))


@pytest.mark.parametrize("business", list(B))
def test_the_same_facts_give_the_same_answer(business: B) -> None:
    found = good(business)
    answer = replay(receipt(found, examine(found)))
    assert answer.same
    assert answer.differences == ()


def test_old_presale_receipts_replay_too() -> None:
    answer = replay(receipt(PRESALE, presale_notice.examine(PRESALE), presale_notice.VERSION))
    assert answer.same


def test_altered_facts_are_found_out() -> None:
    made = receipt(good(B.MORTGAGE), examine(good(B.MORTGAGE)))
    altered = made._replace(facts=made.facts.replace("张三", "张山"))
    answer = replay(altered)
    assert not answer.same
    assert [one.path for one in answer.differences] == ["facts_digest"]


def test_another_answer_is_told_place_by_place() -> None:
    made = receipt(good(B.MORTGAGE), examine(good(B.MORTGAGE)))
    made.findings[0]["level"] = "warn"
    answer = replay(made._replace(outcome="refer"))
    assert not answer.same
    assert answer.differences == (
        Difference(path="findings.0.level", was="warn", now="clear"),
        Difference(path="outcome", was="refer", now="book"),
    )


def test_other_rules_are_told_even_where_the_answer_is_the_same() -> None:
    answer = replay(receipt(good(B.MORTGAGE), examine(good(B.MORTGAGE)), "registration/2020.1"))
    assert answer.same
    assert answer.differences == (Difference(path="rules_version", was="registration/2020.1", now=VERSION),)


@pytest.mark.parametrize(("version", "path"), [("tea_leaves/1", "rules_version"), ("registration/2026.1", "facts")])
def test_what_cannot_be_replayed_says_why(version: str, path: str) -> None:
    text = "{}"
    answer = replay(Receipt(version, text, sha256(text.encode()).hexdigest(), [], "refer"))
    assert not answer.same
    assert [one.path for one in answer.differences] == [path]


def test_which_input_changed() -> None:
    before = good(B.TRANSFER_RESALE)
    after = msgspec.structs.replace(before, tax=OutsideFact(state="missing", reference="R1", verified=True))
    changed = changed_inputs(receipt(before, examine(before)), receipt(after, examine(after)))
    assert changed == (Difference(path="facts.tax.state", was="clear", now="missing"),)


async def test_the_command_tells_every_decision(database: Database) -> None:
    before = good(B.TRANSFER_RESALE)
    after = msgspec.structs.replace(before, tax=OutsideFact(state="missing", reference="R1", verified=True))
    async with database.transaction(COUNTY) as tx:
        case = await accepted(tx)
        number = case.number
        for facts in (before, after):
            await cases.record_decision(tx, REGISTRAR, case, VERSION, facts, examine(facts))
    lines = await replay_case(database, number)
    assert [line.rpartition("：")[2] for line in lines[:2]] == ["结果一致", "结果一致"]
    assert lines[2:] == ["  输入变化 facts.tax.state"]
    assert w.LI.name not in "".join(lines)


async def test_as_a_command(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    found = good(B.MORTGAGE)
    async with database.transaction(COUNTY) as tx:
        case = await accepted(tx)
        number, case_id = case.number, case.id
        await cases.record_decision(tx, REGISTRAR, case, VERSION, found, examine(found))
    assert await command("replay", number) == (0, "结果一致")
    async with database.transaction(COUNTY) as tx:
        case = await cases.get(tx, case_id)
        await cases.record_decision(tx, REGISTRAR, case, VERSION, found, ())
    # The same without a second start of the program, which takes some seconds.
    assert await asyncio.to_thread(replay_command, [number]) == 1
    assert last_answer(capsys.readouterr().out) == "结果不一致"


def test_an_unknown_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["yiti", "dance"])
    assert cli.main() == 2
    assert "replay" in capsys.readouterr().err


async def command(*arguments: str) -> tuple[int, str]:
    """The exit code of `yiti …`, and the answer on its last decision."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "yiti.cli",
        *arguments,
        env=dict(os.environ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, last_answer(out.decode())


def last_answer(told: str) -> str:
    answers = [line.rpartition("：")[2] for line in told.splitlines() if not line.startswith(" ")]
    return answers[-1] if answers else ""
