"""The rules of registration: each pure, over one part of an application and the facts; one file a subject.

A rule answers with findings: a stable code, words for people, the law behind it, and the evidence it rests on.
"""

from collections.abc import Iterator

from yiti.cases.application import Part
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.facts import CaseFacts
from yiti.cases.findings import Finding, Level
from yiti.cases.plan import plan, project
from yiti.cases.rules import applicants, book, forms, outside, people, securities, units
from yiti.cases.rules.answers import Rule

__all__ = ["RULES", "VERSION", "Rule", "examine", "examine_part"]

VERSION = "registration/2026.1"

RULES: dict[str, Rule] = {
    "form.complete": forms.complete,
    "form.inquiry": forms.inquiry,
    "materials.present": forms.present,
    "materials.unit": forms.for_this_unit,
    "materials.certificate": forms.certificate,
    "materials.court": forms.court,
    "people.identity": people.identity,
    "people.document": people.document,
    "people.agent": forms.agents,
    "people.alive": people.alive,
    "people.capacity": people.capacity,
    "applicants.disposers": applicants.disposers,
    "applicants.holders": applicants.holders,
    "applicants.holders_or_owner": applicants.holders_or_owner,
    "applicants.assignors": applicants.assignors,
    "applicants.heirs": applicants.heirs,
    "applicants.authority": applicants.authority,
    "shares.whole": applicants.whole_shares,
    "objection.interest": applicants.interested,
    "objection.once": applicants.objected_before,
    "correction.ground": applicants.correction_ground,
    "correction.no_dispute": applicants.correction_undisputed,
    "target.current": book.target,
    "book.seizure": book.seizure,
    "book.seizure_noted": book.seizure_noted,
    "book.notice": book.notice,
    "book.objection": book.objection,
    "book.ban": book.ban,
    "book.pending": book.pending,
    "book.encumbered": book.encumbered,
    "book.other_holders": book.other_holders,
    "unit.exists": units.exists,
    "unit.built": units.built,
    "unit.planned": units.planned,
    "unit.owned": units.is_owned,
    "unit.unowned": units.unowned,
    "unit.split": units.split,
    "unit.merger": units.merger,
    "term.land": units.land_term,
    "term.right": units.right_term,
    "residence.home": units.residence_home,
    "residence.person": units.residence_person,
    "residence.mortgaged": units.residence_mortgaged,
    "easement.units": units.easement_units,
    "lapse.due": units.lapse,
    "notice.buyer": securities.buyer,
    "notice.free": securities.free,
    "notice.presale_live": securities.presale_live,
    "notice.mortgagor": securities.mortgagor,
    "notice.dependent": securities.dependent,
    "mortgage.construction_released": securities.construction_released,
    "mortgage.no_presale": securities.no_presale,
    "mortgage.ranks": securities.ranks,
    "mortgage.same_parties": securities.same_parties,
    "mortgage.parties": securities.parties,
    "mortgage.juniors_agree": securities.juniors_agree,
    "mortgage.maximum_open": securities.maximum_open,
    "seizure.object": securities.seizure_object,
    "seizure.queue": securities.seizure_queue,
    "seizure.same_authority": securities.same_authority,
    "seizure.not_expired": securities.not_expired,
    "outside.tax": outside.tax,
    "outside.housing": outside.housing,
    "outside.fee": outside.fee,
    "outside.public_notice": outside.public_notice,
}


def examine(facts: CaseFacts) -> tuple[Finding, ...]:
    """Every declared rule of every part, each against the book as the parts before it leave it."""
    return tuple(_examined(facts))


def _examined(facts: CaseFacts) -> Iterator[Finding]:
    parts = facts.application.parts
    for place, part in enumerate(parts, start=1):
        found = examine_part(part, facts)
        yield from found
        if place == len(parts):
            return
        if any(one.code == "form.complete" and one.level is Level.BLOCK for one in found):
            # What is not filled in cannot be planned: the next parts are looked at on the book as it is.
            continue
        facts = project(facts, plan(part, facts).operations)


def examine_part(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """The rules of one part against these facts, in the order of its declaration."""
    return tuple(finding for code in CATALOGUE[part.business].rules for finding in RULES[code](part, facts))
