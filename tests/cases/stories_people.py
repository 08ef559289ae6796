"""Wrong facts about people, applicants, shares and materials, each with what the rules must find."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction

from tests.cases import world as w
from tests.cases.telling import (
    BLOCK,
    CONSENTED,
    FREELY,
    GUARDIAN,
    JOINT_ENTRY,
    WARN,
    consent,
    instead,
    replace,
    sold,
    targeting,
    with_people,
    without,
)
from tests.cases.world import B, K, facts, good, holder, material, obligor, part
from yiti.cases.application import AgentBasis
from yiti.cases.facts import CaseFacts
from yiti.cases.findings import Level
from yiti.register.kinds import Sharing

PEOPLE: dict[str, tuple[Callable[[], CaseFacts], dict[str, Level]]] = {
    # people
    "the buyer is not who they say": (
        lambda: with_people(B.TRANSFER_RESALE, w.LI, matched=False),
        {"people.identity": BLOCK},
    ),
    "nobody checked the buyer": (
        lambda: with_people(B.TRANSFER_RESALE, w.LI, matched=None, identity_reference=""),
        {"people.identity": BLOCK},
    ),
    "the seller is dead": (lambda: with_people(B.TRANSFER_RESALE, w.ZHANG, deceased=True), {"people.alive": BLOCK}),
    "the heir is dead": (
        lambda: replace(with_people(B.TRANSFER_INHERITANCE, w.LI, deceased=True)),
        {"people.alive": BLOCK},
    ),
    "an expired document": (
        lambda: sold(w.HOME, holder(w.LI, id_valid_until=date(2026, 11, 22)), obligor(w.ZHANG)),
        {"people.document": BLOCK},
    ),
    "a document on its last day": (lambda: sold(w.HOME, holder(w.LI, id_valid_until=w.ON), obligor(w.ZHANG)), {}),
    "a child without guardian": (lambda: sold(w.HOME, holder(w.CHILD), obligor(w.ZHANG)), {"people.capacity": BLOCK}),
    "a child with guardian": (
        lambda: sold(
            w.HOME, holder(w.CHILD, agent=GUARDIAN), obligor(w.ZHANG), materials=(material("power_of_attorney"),)
        ),
        {"people.capacity": WARN},
    ),
    "an agent without authority": (
        lambda: sold(
            w.HOME, holder(w.LI, agent=replace(GUARDIAN, basis=AgentBasis.POWER_OF_ATTORNEY)), obligor(w.ZHANG)
        ),
        {"people.agent": BLOCK},
    ),
    # who applies
    "somebody else sells": (
        lambda: sold(w.HOME, holder(w.LI), obligor(w.WANG)),
        {"applicants.disposers": BLOCK},
    ),
    "one of two joint owners sells": (
        lambda: sold(w.JOINT, holder(w.WANG), obligor(w.ZHANG)),
        {"applicants.disposers": BLOCK},
    ),
    "the other joint owner has agreed": (
        lambda: sold(
            w.JOINT, holder(w.WANG), obligor(w.ZHANG), consents=consent(w.LI, JOINT_ENTRY), materials=CONSENTED
        ),
        {},
    ),
    "the other's agreement is not at hand": (
        lambda: sold(w.JOINT, holder(w.WANG), obligor(w.ZHANG), consents=consent(w.LI, JOINT_ENTRY)),
        {"applicants.disposers": BLOCK},
    ),
    "two thirds sell": (
        lambda: sold(w.fractional("1/3", "1/3", "1/3"), holder(w.ZHAO), obligor(w.ZHANG), obligor(w.LI)),
        {"applicants.disposers": WARN},
    ),
    "half sells": (
        lambda: sold(w.fractional("1/2", "1/2"), holder(w.ZHAO), obligor(w.ZHANG)),
        {"applicants.disposers": BLOCK},
    ),
    "one sells their own half": (
        lambda: sold(
            w.fractional("1/2", "1/2"),
            holder(w.ZHAO, Fraction(1, 2)),
            holder(w.LI, Fraction(1, 2)),
            obligor(w.ZHANG),
            sharing=Sharing.FRACTIONAL,
        ),
        {"applicants.disposers": WARN},
    ),
    "one sells more than their own half": (
        lambda: sold(
            w.fractional("1/2", "1/2"),
            holder(w.ZHAO, Fraction(2, 3)),
            holder(w.LI, Fraction(1, 3)),
            obligor(w.ZHANG),
            sharing=Sharing.FRACTIONAL,
        ),
        {"applicants.disposers": BLOCK},
    ),
    "the seller has another name in the book": (
        lambda: sold(w.HOME, holder(w.LI), obligor(replace(w.ZHANG, name="张山"))),
        {"applicants.disposers": WARN},
    ),
    "a stranger changes the name": (
        lambda: replace(facts(part(B.CHANGE_HOLDER, holder(w.LI)))),
        {"applicants.holders": BLOCK},
    ),
    "only one co-owner applies for a change of use": (
        lambda: facts(
            part(B.CHANGE_PROPERTY, holder(w.ZHANG), units=(w.JOINT,), fields={"notes": "改造"}), units=(w.JOINT,)
        ),
        {"applicants.holders": BLOCK},
    ),
    "one co-owner has a new name": (
        lambda: facts(part(B.CHANGE_HOLDER, holder(replace(w.ZHANG, name="张山")), units=(w.JOINT,)), units=(w.JOINT,)),
        {"applicants.holders": WARN},
    ),
    "another bank gives up the mortgage": (
        lambda: targeting(B.MORTGAGE_CANCELLATION, FREELY, holder(w.OTHER_BANK)),
        {"applicants.holders": BLOCK},
    ),
    "another bank passes the mortgage on": (
        lambda: targeting(B.MORTGAGE_TRANSFER, FREELY, holder(w.BANK), obligor(w.OTHER_BANK)),
        {"applicants.assignors": BLOCK},
    ),
    "a stranger ends the right of residence": (
        lambda: targeting(B.RESIDENCE_CANCELLATION, w.entry(K.RESIDENCE, w.LI), holder(w.WANG)),
        {"applicants.holders_or_owner": BLOCK},
    ),
    "the owner ends the right of residence": (
        lambda: targeting(B.RESIDENCE_CANCELLATION, w.entry(K.RESIDENCE, w.LI), holder(w.ZHANG)),
        {},
    ),
    "an heir of somebody who lives": (
        lambda: replace(good(B.TRANSFER_INHERITANCE), people=tuple(map(w.known, w.EVERYBODY))),
        {"applicants.heirs": BLOCK},
    ),
    "no proof of death": (
        lambda: without(with_people(B.TRANSFER_INHERITANCE, w.ZHANG, deceased=None), "death_proof"),
        {"applicants.heirs": BLOCK, "materials.present": BLOCK},
    ),
    "nobody leaves the book": (
        lambda: facts(part(B.TRANSFER_INHERITANCE, holder(w.ZHANG))),
        {"applicants.heirs": BLOCK},
    ),
    "no court named": (
        lambda: facts(part(B.SEIZURE, obligor(w.ZHANG))),
        {"applicants.authority": BLOCK, "form.complete": BLOCK},
    ),
    # shares
    "shares of nine tenths": (
        lambda: sold(
            w.HOME,
            holder(w.LI, Fraction(1, 2)),
            holder(w.WANG, Fraction(2, 5)),
            obligor(w.ZHANG),
            sharing=Sharing.FRACTIONAL,
        ),
        {"shares.whole": BLOCK, "form.complete": BLOCK},
    ),
    # materials
    "a material is missing": (lambda: without(good(B.TRANSFER_RESALE), "contract"), {"materials.present": BLOCK}),
    "a material for another unit": (
        lambda: instead(good(B.TRANSFER_RESALE), material("contract", unit_codes=("411528001001GB00001F00019999",))),
        {"materials.unit": BLOCK},
    ),
    "no old certificate": (
        lambda: without(good(B.TRANSFER_RESALE), "certificate"),
        {"materials.certificate": BLOCK, "materials.present": BLOCK},
    ),
    "no court document": (
        lambda: replace(good(B.TRANSFER_JUDGMENT), materials=()),
        {"materials.court": BLOCK, "materials.present": BLOCK},
    ),
}
