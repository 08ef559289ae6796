"""One wrong fact at a time, each with what the rules must find: the table of `test_rules.py`."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import msgspec

from tests.cases import world as w
from tests.cases.world import B, K, facts, good, holder, material, obligor, part
from yiti.cases.application import Agent, AgentBasis, Consent
from yiti.cases.facts import CaseFacts, OutsideFact, PendingFact, UnitFact
from yiti.cases.findings import Level
from yiti.cases.rules import examine
from yiti.register.kinds import Sharing

replace = msgspec.structs.replace
BLOCK, WARN = Level.BLOCK, Level.WARN
GUARDIAN = Agent(name="张三", id_kind="resident_id", id_number=w.ZHANG.id_number, basis=AgentBasis.GUARDIAN)


def wrong(found: CaseFacts) -> dict[str, Level]:
    return {one.code: one.level for one in examine(found) if one.level is not Level.CLEAR}


def with_people(business: B, who: Any, **more: Any) -> CaseFacts:
    base = good(business)
    changed = tuple(w.known(who, **more) if one.id_number == who.id_number else one for one in base.people)
    return replace(base, people=changed)


def sold(where: UnitFact, *applicants: Any, business: B = B.TRANSFER_RESALE, **more: Any) -> CaseFacts:
    """A sale of this unit, by 张三 to 李四 unless told otherwise."""
    people = applicants or (holder(w.LI), obligor(w.ZHANG))
    materials = more.pop("materials", ())
    base = facts(part(business, *people, units=(where,), **more), units=(where,))
    return replace(base, materials=(*base.materials, *materials))


def standing(*entries: Any, **more: Any) -> UnitFact:
    return w.unit(w.OWNED, *entries, **more)


def consent(who: Any, entry: Any) -> tuple[Consent, ...]:
    return (Consent(id_number=who.id_number, entry_id=entry.id, material_code="consent"),)


MORTGAGED = w.entry(K.MORTGAGE, w.BANK, obligors=(w.ZHANG,), bans_transfer=True)
FREELY = w.entry(K.MORTGAGE, w.BANK, obligors=(w.ZHANG,))
OLD = w.entry(K.MORTGAGE, w.BANK, priority_at=datetime(2020, 12, 31, 1, tzinfo=UTC))
SEIZED = w.entry(K.SEIZURE, obligors=(w.ZHANG,))
NOTICE = w.entry(K.SALE_NOTICE, w.WANG)
OBJECTED = w.entry(K.OBJECTION, w.ZHAO)
OWNER = w.OWNED
JOINT_ENTRY = w.JOINT.entries[0]
LEASED_LAND = w.entry(
    K.OWNERSHIP, w.ZHANG, details={"usage": "商铺", "building_area": "1.00", "land_until": "2020-01-01"}
)
HOUSING_LAND = w.entry(
    K.OWNERSHIP, w.ZHANG, details={"usage": "成套住宅", "building_area": "1.00", "land_until": "2020-01-01"}
)
CONSENTED = (material("consent", verified=False),)


def _targeting(
    business: B, target: Any, *applicants: Any, beside: Any = (), owned: bool = True, **more: Any
) -> CaseFacts:
    where = w.unit(*((w.OWNED,) if owned and target is not w.OWNED else ()), target, *beside)
    return facts(part(business, *applicants, units=(where,), targets=(target.id,), **more), units=(where,))


def _titled(business: B, one: Any, where: UnitFact, *others: Any, **more: Any) -> CaseFacts:
    return facts(part(business, one, *others, units=(where,), **more), units=(where,))


def _planned(business: B, entries: Any, *applicants: Any) -> CaseFacts:
    where = w.unit(*entries, state="planned")
    return facts(part(business, *applicants, units=(where,)), units=(where,))


def _planned_target(beside: Any) -> CaseFacts:
    notice = w.entry(K.PRESALE_NOTICE, w.LI)
    where = w.unit(notice, beside, state="planned")
    one = part(B.PRESALE_NOTICE_CANCELLATION, holder(w.LI), units=(where,), targets=(notice.id,))
    return facts(one, units=(where,))


def _split(old: UnitFact, second: str = "60.00") -> CaseFacts:
    new = (w.unit(number=2, building_area=w.Decimal("40.00")), w.unit(number=3, building_area=w.Decimal(second)))
    units = (old, *new)
    return facts(part(B.SPLIT, holder(w.ZHANG), units=units), units=units)


def _change_before_junior(*, agreed: bool = False) -> CaseFacts:
    junior = w.entry(K.MORTGAGE, w.OTHER_BANK, name="junior", priority_at=datetime(2026, 1, 1, tzinfo=UTC))
    more = {"consents": consent(w.OTHER_BANK, junior)} if agreed else {}
    found = _targeting(
        B.MORTGAGE_CHANGE, FREELY, holder(w.BANK), obligor(w.ZHANG), beside=(junior,), price_fen=60_000_000, **more
    )
    return replace(found, materials=(*found.materials, *CONSENTED))


def _seized_buyer() -> CaseFacts:
    where = w.unit(w.entry(K.OWNERSHIP, w.DEVELOPER), w.entry(K.PRESALE_NOTICE, w.LI))
    return facts(part(B.SEIZURE, w.AUTHORITY, obligor(w.LI), units=(where,)), units=(where,))


def _lapsing(since: str) -> CaseFacts:
    base = good(B.LAPSE)
    one = replace(base.application.parts[0], fields={"rule": "presale_notice_90_days", "since": since})
    return replace(base, application=replace(base.application, parts=(one,)))


def _answered(**answers: bool | None) -> CaseFacts:
    base = good(B.TRANSFER_RESALE)
    told = {code: said for code, said in (base.application.answers | answers).items() if said is not None}
    return replace(base, application=replace(base.application, answers=told))


def without(found: CaseFacts, code: str) -> CaseFacts:
    return replace(found, materials=tuple(one for one in found.materials if one.code != code))


def _with(found: CaseFacts, one: Any) -> CaseFacts:
    return replace(found, materials=(*(each for each in found.materials if each.code != one.code), one))


STORIES: dict[str, tuple[Callable[[], CaseFacts], dict[str, Level]]] = {
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
        lambda: _targeting(B.MORTGAGE_CANCELLATION, FREELY, holder(w.OTHER_BANK)),
        {"applicants.holders": BLOCK},
    ),
    "another bank passes the mortgage on": (
        lambda: _targeting(B.MORTGAGE_TRANSFER, FREELY, holder(w.BANK), obligor(w.OTHER_BANK)),
        {"applicants.assignors": BLOCK},
    ),
    "a stranger ends the right of residence": (
        lambda: _targeting(B.RESIDENCE_CANCELLATION, w.entry(K.RESIDENCE, w.LI), holder(w.WANG)),
        {"applicants.holders_or_owner": BLOCK},
    ),
    "the owner ends the right of residence": (
        lambda: _targeting(B.RESIDENCE_CANCELLATION, w.entry(K.RESIDENCE, w.LI), holder(w.ZHANG)),
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
        lambda: _with(good(B.TRANSFER_RESALE), material("contract", unit_codes=("411528001001GB00001F00019999",))),
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
    # the book
    "seized": (lambda: sold(standing(SEIZED)), {"book.seizure": BLOCK}),
    "a change of name under seizure": (
        lambda: _titled(B.CHANGE_HOLDER, holder(replace(w.ZHANG, name="张山")), standing(SEIZED)),
        {"book.seizure_noted": WARN},
    ),
    "another's notice": (
        lambda: sold(standing(NOTICE)),
        {"book.notice": BLOCK, "notice.buyer": WARN},
    ),
    "the notice's holder agrees": (
        lambda: sold(standing(NOTICE), consents=consent(w.WANG, NOTICE), materials=CONSENTED),
        {"notice.buyer": WARN},
    ),
    "the buyer's own notice": (lambda: sold(standing(w.entry(K.SALE_NOTICE, w.LI))), {}),
    "a mortgage against a notice": (
        lambda: _titled(B.MORTGAGE, holder(w.BANK), standing(NOTICE), obligor(w.ZHANG)),
        {"book.notice": BLOCK},
    ),
    "an objection": (lambda: sold(standing(OBJECTED)), {"book.objection": BLOCK}),
    "an objection, and the risk is taken": (
        lambda: sold(standing(OBJECTED), materials=(material("objection_risk_statement", verified=False),)),
        {"book.objection": WARN},
    ),
    "a registered ban": (lambda: sold(standing(MORTGAGED)), {"book.ban": BLOCK}),
    "a ban, and the bank agrees": (
        lambda: sold(standing(MORTGAGED), consents=consent(w.BANK, MORTGAGED), materials=CONSENTED),
        {},
    ),
    "a mortgage without ban": (lambda: sold(standing(FREELY)), {"book.ban": WARN}),
    "a mortgage from before the code": (lambda: sold(standing(OLD)), {"book.ban": BLOCK}),
    "an earlier case is under way": (
        lambda: replace(
            good(B.TRANSFER_RESALE),
            pending=(PendingFact(number="1", name="抵押", unit_id=w.HOME.id, accepted_at=w.BOOKED),),
        ),
        {"book.pending": WARN},
    ),
    "an earlier case on another unit": (
        lambda: replace(
            good(B.TRANSFER_RESALE),
            pending=(PendingFact(number="1", name="抵押", unit_id=w.uid("x"), accepted_at=w.BOOKED),),
        ),
        {},
    ),
    "the target is gone": (
        lambda: facts(part(B.MORTGAGE_CANCELLATION, holder(w.BANK), targets=(w.uid("gone"),))),
        {"target.current": BLOCK, "applicants.holders": BLOCK},
    ),
    "the target is of another kind": (
        lambda: _targeting(B.MORTGAGE_CANCELLATION, w.entry(K.RESIDENCE, w.BANK), holder(w.BANK)),
        {"target.current": BLOCK},
    ),
    "ownership ends under a mortgage": (
        lambda: _titled(B.OWNERSHIP_CANCELLATION, holder(w.ZHANG), standing(FREELY)),
        {"book.other_holders": BLOCK},
    ),
    "a mortgaged unit is split": (
        lambda: _split(replace(w.HOME, entries=(w.OWNED, FREELY))),
        {"book.encumbered": BLOCK},
    ),
    # units and terms
    "not yet built": (lambda: sold(w.unit(w.OWNED, state="planned")), {"unit.built": BLOCK}),
    "not registered yet": (
        lambda: sold(w.unit()),
        {"unit.owned": BLOCK},
    ),
    "registered already": (
        lambda: facts(part(B.FIRST_REGISTRATION, holder(w.DEVELOPER))),
        {"unit.unowned": BLOCK},
    ),
    "the areas do not add up": (
        lambda: _split(w.HOME, second="50.00"),
        {"unit.split": BLOCK},
    ),
    "commercial land is over": (lambda: sold(w.unit(LEASED_LAND, usage="商铺")), {"term.land": BLOCK}),
    "housing land is over": (lambda: sold(w.unit(HOUSING_LAND)), {"term.land": WARN}),
    "the term is over": (
        lambda: facts(
            part(
                B.MORTGAGE, holder(w.BANK), obligor(w.ZHANG), valid_from=date(2020, 1, 1), valid_until=date(2025, 1, 1)
            )
        ),
        {"term.right": BLOCK},
    ),
    "an easement longer than the land": (
        lambda: _titled(
            B.EASEMENT,
            holder(w.LI),
            w.HOME,
            obligor(w.ZHANG),
            valid_from=date(2030, 1, 1),
            valid_until=date(2091, 1, 1),
        ),
        {"term.right": BLOCK},
    ),
    "residence in a shop": (
        lambda: _titled(B.RESIDENCE, holder(w.LI), w.unit(w.OWNED, usage="商铺"), obligor(w.ZHANG)),
        {"residence.home": BLOCK},
    ),
    "residence of a company": (
        lambda: facts(part(B.RESIDENCE, holder(w.DEVELOPER), obligor(w.ZHANG))),
        {"residence.person": BLOCK},
    ),
    "residence in a mortgaged home": (
        lambda: _titled(B.RESIDENCE, holder(w.LI), standing(FREELY), obligor(w.ZHANG)),
        {"residence.mortgaged": WARN},
    ),
    "an easement on itself": (
        lambda: _titled(
            B.EASEMENT,
            holder(w.LI),
            w.HOME,
            obligor(w.ZHANG),
            fields={"dominant_unit_code": w.HOME.code, "purpose": "通行"},
        ),
        {"easement.units": BLOCK},
    ),
    # securities
    "the notice is another buyer's": (
        lambda: sold(
            w.unit(w.entry(K.OWNERSHIP, w.DEVELOPER), w.entry(K.PRESALE_NOTICE, w.WANG)),
            holder(w.LI),
            obligor(w.DEVELOPER),
            business=B.TRANSFER_NEW_HOME,
        ),
        {"book.notice": BLOCK, "notice.buyer": WARN},
    ),
    "sold twice": (
        lambda: _planned(B.PRESALE_NOTICE, (w.entry(K.PRESALE_NOTICE, w.LI),), holder(w.ZHANG), obligor(w.DEVELOPER)),
        {"notice.free": BLOCK},
    ),
    "presale under a construction mortgage": (
        lambda: _planned(
            B.PRESALE_NOTICE, (w.entry(K.CONSTRUCTION_MORTGAGE, w.BANK),), holder(w.ZHANG), obligor(w.DEVELOPER)
        ),
        {"mortgage.construction_released": BLOCK},
    ),
    "a construction mortgage on what is sold": (
        lambda: _planned(
            B.CONSTRUCTION_MORTGAGE, (w.entry(K.PRESALE_NOTICE, w.LI),), holder(w.BANK), obligor(w.DEVELOPER)
        ),
        {"mortgage.no_presale": BLOCK},
    ),
    "a mortgage notice without presale notice": (
        lambda: _planned(B.PRESALE_MORTGAGE_NOTICE, (), holder(w.BANK), obligor(w.ZHANG)),
        {"notice.presale_live": BLOCK},
    ),
    "a mortgage notice on another's presale notice": (
        lambda: _planned(
            B.PRESALE_MORTGAGE_NOTICE, (w.entry(K.PRESALE_NOTICE, w.LI),), holder(w.BANK), obligor(w.ZHANG)
        ),
        {"notice.presale_live": BLOCK},
    ),
    "a mortgage notice of somebody else": (
        lambda: facts(part(B.MORTGAGE_NOTICE, holder(w.BANK), obligor(w.WANG))),
        {"notice.mortgagor": BLOCK},
    ),
    "the presale notice carries a mortgage": (
        lambda: _planned_target(w.entry(K.PRESALE_MORTGAGE_NOTICE, w.BANK)),
        {"notice.dependent": BLOCK},
    ),
    "a second mortgage": (
        lambda: _titled(B.MORTGAGE, holder(w.OTHER_BANK), standing(FREELY), obligor(w.ZHANG)),
        {"mortgage.ranks": WARN},
    ),
    "the notice becomes another bank's mortgage": (
        lambda: _targeting(
            B.MORTGAGE_FROM_NOTICE,
            w.entry(K.PRESALE_MORTGAGE_NOTICE, w.BANK, obligors=(w.ZHANG,)),
            holder(w.OTHER_BANK),
            obligor(w.ZHANG),
        ),
        {"mortgage.same_parties": BLOCK},
    ),
    "the home went to somebody else": (
        lambda: _targeting(
            B.MORTGAGE_FROM_NOTICE,
            w.entry(K.PRESALE_MORTGAGE_NOTICE, w.BANK, obligors=(w.LI,)),
            holder(w.BANK),
            obligor(w.LI),
        ),
        {"mortgage.same_parties": BLOCK},
    ),
    "the mortgage of another bank is changed": (
        lambda: _targeting(B.MORTGAGE_CHANGE, FREELY, holder(w.OTHER_BANK), obligor(w.ZHANG)),
        {"mortgage.parties": BLOCK},
    ),
    "more is secured before a junior": (
        _change_before_junior,
        {"mortgage.juniors_agree": BLOCK},
    ),
    "more is secured, the junior agrees": (lambda: _change_before_junior(agreed=True), {}),
    "more is secured under seizure": (
        lambda: _targeting(
            B.MORTGAGE_CHANGE, FREELY, holder(w.BANK), obligor(w.ZHANG), beside=(SEIZED,), price_fen=60_000_000
        ),
        {"mortgage.juniors_agree": BLOCK, "book.seizure_noted": WARN},
    ),
    "an open maximum mortgage passes": (
        lambda: _targeting(
            B.MORTGAGE_TRANSFER,
            w.entry(K.MORTGAGE, w.BANK, details={"form": "maximum"}),
            holder(w.OTHER_BANK),
            obligor(w.BANK),
        ),
        {"mortgage.maximum_open": WARN},
    ),
    # seizures
    "a second seizure": (
        lambda: facts(part(B.SEIZURE, w.AUTHORITY, units=(standing(SEIZED),)), units=(standing(SEIZED),)),
        {"seizure.queue": WARN},
    ),
    "seized for another's debt": (
        lambda: facts(part(B.SEIZURE, w.AUTHORITY, obligor(w.WANG))),
        {"seizure.object": BLOCK},
    ),
    "a seizure of a buyer's notice": (
        _seized_buyer,
        {"seizure.object": WARN},
    ),
    "another court lifts": (
        lambda: _targeting(B.SEIZURE_LIFTING, replace(SEIZED, details={"authority": "光山县人民法院"}), w.AUTHORITY),
        {"seizure.same_authority": WARN},
    ),
    "renewed too late": (
        lambda: _targeting(B.SEIZURE_RENEWAL, replace(SEIZED, valid_until=date(2026, 11, 22)), w.AUTHORITY),
        {"seizure.not_expired": BLOCK},
    ),
    "a waiting seizure is renewed": (
        lambda: _targeting(B.SEIZURE_RENEWAL, replace(SEIZED, rank=1), w.AUTHORITY),
        {"seizure.not_expired": BLOCK},
    ),
    # objections, corrections, lapses
    "objected twice": (
        lambda: _titled(B.OBJECTION, holder(w.ZHAO), standing(OBJECTED)),
        {"objection.once": BLOCK},
    ),
    "no interest shown": (
        lambda: without(good(B.OBJECTION), "interest"),
        {"objection.interest": BLOCK, "materials.present": BLOCK},
    ),
    "no ground for correction": (
        lambda: without(good(B.CORRECTION), "error_proof"),
        {"correction.ground": BLOCK, "materials.present": BLOCK},
    ),
    "corrected ex officio after a seizure": (
        lambda: _targeting(
            B.CORRECTION_EX_OFFICIO,
            OWNER,
            beside=(replace(SEIZED, booked_at=datetime(2026, 1, 1, tzinfo=UTC)),),
            owned=False,
        ),
        {"correction.no_dispute": BLOCK, "book.seizure_noted": WARN},
    ),
    "day 90 is not over": (
        lambda: _lapsing("2026-08-25"),
        {"lapse.due": BLOCK},
    ),
    "day 90 is over": (lambda: _lapsing("2026-08-24"), {}),
    # outside
    "tax is not paid": (
        lambda: replace(good(B.TRANSFER_RESALE), tax=OutsideFact(state="requested")),
        {"outside.tax": BLOCK},
    ),
    "tax is exempt": (
        lambda: replace(good(B.TRANSFER_RESALE), tax=OutsideFact(state="exempt", verified=True)),
        {},
    ),
    "the fund is not paid": (
        lambda: replace(good(B.TRANSFER_NEW_HOME), housing=OutsideFact(state="refused", words="未缴存")),
        {"outside.housing": BLOCK},
    ),
    "the fee is not paid": (
        lambda: replace(good(B.MORTGAGE), fee=OutsideFact(state="missing")),
        {"outside.fee": BLOCK},
    ),
    "the notice is not over": (
        lambda: replace(good(B.CERTIFICATE_LOSS), public_notice_over=False),
        {"outside.public_notice": BLOCK},
    ),
    # inquiry
    "an answer raises doubt": (lambda: _answered(disputed=True), {"form.inquiry": WARN}),
    "a question was not asked": (lambda: _answered(own_will=None), {"form.inquiry": BLOCK}),
}
