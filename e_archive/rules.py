"""When the proof of a package must be renewed (长期保存延续). Pure; the policy is dated and versioned.

An archive timestamp proves a document while its own certificate runs and its digest algorithm holds. A further one,
made before that ends, carries the proof on (GB/T 18894, DA/T 70: 长期保存环节; ETSI EN 319 142-1, annex on archival).
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final, Literal

from msgspec import Struct

from e_archive.schemas import Proof

Reason = Literal["expiry", "algorithm"]
REASON_WORDS: Final[dict[str, str]] = {
    "expiry": "存档时间戳的证书即将到期",
    "algorithm": "存档时间戳的摘要算法正在弱化",
}
# From the weakest on; one that is not listed is trusted least.
_STRENGTH: Final = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


class Policy(Struct, frozen=True, kw_only=True):
    """How long before its end a proof is renewed, and which digest algorithms no longer carry one."""

    effective_from: date
    lead: timedelta
    weakening: frozenset[str]

    @property
    def version(self) -> str:
        """As the renewals that it brought forth name it."""
        return f"preservation/{self.effective_from.isoformat()}"


POLICIES: Final = (
    Policy(effective_from=date(2015, 1, 1), lead=timedelta(days=180), weakening=frozenset({"md5", "sha1"})),
)
"""By date; a change is a further line, never an edit."""


def policy_on(day: date) -> Policy:
    """The policy in force."""
    return [one for one in POLICIES if one.effective_from <= day][-1]


def weakest(proofs: Iterable[Proof]) -> Proof | None:
    """The proof of a whole package: as long as the shortest, by the weakest algorithm; None where nothing is signed."""
    found = list(proofs)
    if not found:
        return None
    return Proof(until=min(one.until for one in found), algorithm=min((one.algorithm for one in found), key=_strength))


def due(proof: Proof | None, policy: Policy, at: datetime) -> Reason | None:
    """Why the proof must be renewed now; None when it need not be."""
    if proof is None:
        return None
    if proof.algorithm in policy.weakening:
        return "algorithm"
    return "expiry" if proof.until - at < policy.lead else None


def _strength(algorithm: str) -> int:
    return _STRENGTH.index(algorithm) if algorithm in _STRENGTH else -1
