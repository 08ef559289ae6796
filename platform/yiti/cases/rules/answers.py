"""How a rule answers."""

from collections.abc import Callable, Iterable

from yiti.cases.application import Part
from yiti.cases.facts import CaseFacts
from yiti.cases.findings import Evidence, Finding, Level

Rule = Callable[[Part, CaseFacts], tuple[Finding, ...]]

BOOK = Evidence(source="登记簿", verified=True)
FORM = Evidence(source="申请书", verified=True)
WEIGHED = Evidence(source="申请材料", verified=False)
"""What only a person can judge."""
PASSED = "核验通过"


def answer(
    code: str,
    title: str,
    basis: str,
    problem: str | Iterable[str],
    *,
    evidence: Evidence = BOOK,
    level: Level = Level.BLOCK,
) -> tuple[Finding, ...]:
    """One finding: clear where there is no problem, else of the level given."""
    words = problem if isinstance(problem, str) else "；".join(dict.fromkeys(problem))
    return (
        Finding(
            code=code,
            level=level if words else Level.CLEAR,
            title=title,
            words=words or PASSED,
            basis=basis,
            evidence=evidence,
        ),
    )
