"""Findings of rules, and what follows from them."""

from enum import StrEnum
from typing import Literal

from msgspec import Struct


class Level(StrEnum):
    """What a finding means: clear, a person must look (warn), or it cannot be booked (block)."""

    CLEAR = "clear"
    WARN = "warn"
    BLOCK = "block"


class Evidence(Struct, frozen=True, kw_only=True):
    """What a finding rests on. `verified` means that a machine has proved it: a signed message, our own register,
    a validated signature. Statements and scans are never verified."""

    source: str
    verified: bool
    reference: str = ""


class Finding(Struct, frozen=True, kw_only=True):
    """The answer of one rule: a stable code, words for people, and the law behind it."""

    code: str
    level: Level
    title: str
    words: str
    basis: str
    evidence: Evidence


Outcome = Literal["book", "refer"]


def outcome_of(findings: tuple[Finding, ...]) -> Outcome:
    """智能秒批 only when every finding is clear and rests on verified evidence; otherwise a person decides."""
    certain = all(one.level is Level.CLEAR and one.evidence.verified for one in findings)
    return "book" if certain and findings else "refer"


def blocking(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings that nobody may overrule."""
    return tuple(one for one in findings if one.level is Level.BLOCK)


def open_points(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What a person has to look at: all that is not clear, or clear only by what somebody says."""
    return tuple(one for one in findings if one.level is not Level.CLEAR or not one.evidence.verified)
