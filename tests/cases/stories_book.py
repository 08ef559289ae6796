"""Wrong facts about the book, the units, securities, and what others say, each with what the rules must find."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from tests.cases import world as w
from tests.cases.telling import (
    BLOCK,
    CONSENTED,
    FREELY,
    HOUSING_LAND,
    LEASED_LAND,
    MORTGAGED,
    NOTICE,
    OBJECTED,
    OLD,
    OWNER,
    SEIZED,
    WARN,
    answered,
    change_before_junior,
    consent,
    lapsing,
    planned,
    planned_target,
    replace,
    seized_buyer,
    sold,
    split,
    standing,
    targeting,
    titled,
    without,
)
from tests.cases.world import B, K, facts, good, holder, material, obligor, part
from yiti.cases.facts import CaseFacts, OutsideFact, PendingFact
from yiti.cases.findings import Level

BOOK: dict[str, tuple[Callable[[], CaseFacts], dict[str, Level]]] = {
    # the book
    "seized": (lambda: sold(standing(SEIZED)), {"book.seizure": BLOCK}),
    "a change of name under seizure": (
        lambda: titled(B.CHANGE_HOLDER, holder(replace(w.ZHANG, name="张山")), standing(SEIZED)),
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
        lambda: titled(B.MORTGAGE, holder(w.BANK), standing(NOTICE), obligor(w.ZHANG)),
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
        lambda: targeting(B.MORTGAGE_CANCELLATION, w.entry(K.RESIDENCE, w.BANK), holder(w.BANK)),
        {"target.current": BLOCK},
    ),
    "ownership ends under a mortgage": (
        lambda: titled(B.OWNERSHIP_CANCELLATION, holder(w.ZHANG), standing(FREELY)),
        {"book.other_holders": BLOCK},
    ),
    "a mortgaged unit is split": (
        lambda: split(replace(w.HOME, entries=(w.OWNED, FREELY))),
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
        lambda: split(w.HOME, second="50.00"),
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
        lambda: titled(
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
        lambda: titled(B.RESIDENCE, holder(w.LI), w.unit(w.OWNED, usage="商铺"), obligor(w.ZHANG)),
        {"residence.home": BLOCK},
    ),
    "residence of a company": (
        lambda: facts(part(B.RESIDENCE, holder(w.DEVELOPER), obligor(w.ZHANG))),
        {"residence.person": BLOCK},
    ),
    "residence in a mortgaged home": (
        lambda: titled(B.RESIDENCE, holder(w.LI), standing(FREELY), obligor(w.ZHANG)),
        {"residence.mortgaged": WARN},
    ),
    "an easement on itself": (
        lambda: titled(
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
        lambda: planned(B.PRESALE_NOTICE, (w.entry(K.PRESALE_NOTICE, w.LI),), holder(w.ZHANG), obligor(w.DEVELOPER)),
        {"notice.free": BLOCK},
    ),
    "presale under a construction mortgage": (
        lambda: planned(
            B.PRESALE_NOTICE, (w.entry(K.CONSTRUCTION_MORTGAGE, w.BANK),), holder(w.ZHANG), obligor(w.DEVELOPER)
        ),
        {"mortgage.construction_released": BLOCK},
    ),
    "a construction mortgage on what is sold": (
        lambda: planned(
            B.CONSTRUCTION_MORTGAGE, (w.entry(K.PRESALE_NOTICE, w.LI),), holder(w.BANK), obligor(w.DEVELOPER)
        ),
        {"mortgage.no_presale": BLOCK},
    ),
    "a mortgage notice without presale notice": (
        lambda: planned(B.PRESALE_MORTGAGE_NOTICE, (), holder(w.BANK), obligor(w.ZHANG)),
        {"notice.presale_live": BLOCK},
    ),
    "a mortgage notice on another's presale notice": (
        lambda: planned(
            B.PRESALE_MORTGAGE_NOTICE, (w.entry(K.PRESALE_NOTICE, w.LI),), holder(w.BANK), obligor(w.ZHANG)
        ),
        {"notice.presale_live": BLOCK},
    ),
    "a mortgage notice of somebody else": (
        lambda: facts(part(B.MORTGAGE_NOTICE, holder(w.BANK), obligor(w.WANG))),
        {"notice.mortgagor": BLOCK},
    ),
    "the presale notice carries a mortgage": (
        lambda: planned_target(w.entry(K.PRESALE_MORTGAGE_NOTICE, w.BANK)),
        {"notice.dependent": BLOCK},
    ),
    "a second mortgage": (
        lambda: titled(B.MORTGAGE, holder(w.OTHER_BANK), standing(FREELY), obligor(w.ZHANG)),
        {"mortgage.ranks": WARN},
    ),
    "the notice becomes another bank's mortgage": (
        lambda: targeting(
            B.MORTGAGE_FROM_NOTICE,
            w.entry(K.PRESALE_MORTGAGE_NOTICE, w.BANK, obligors=(w.ZHANG,)),
            holder(w.OTHER_BANK),
            obligor(w.ZHANG),
        ),
        {"mortgage.same_parties": BLOCK},
    ),
    "the home went to somebody else": (
        lambda: targeting(
            B.MORTGAGE_FROM_NOTICE,
            w.entry(K.PRESALE_MORTGAGE_NOTICE, w.BANK, obligors=(w.LI,)),
            holder(w.BANK),
            obligor(w.LI),
        ),
        {"mortgage.same_parties": BLOCK},
    ),
    "the mortgage of another bank is changed": (
        lambda: targeting(B.MORTGAGE_CHANGE, FREELY, holder(w.OTHER_BANK), obligor(w.ZHANG)),
        {"mortgage.parties": BLOCK},
    ),
    "more is secured before a junior": (
        change_before_junior,
        {"mortgage.juniors_agree": BLOCK},
    ),
    "more is secured, the junior agrees": (lambda: change_before_junior(agreed=True), {}),
    "more is secured under seizure": (
        lambda: targeting(
            B.MORTGAGE_CHANGE, FREELY, holder(w.BANK), obligor(w.ZHANG), beside=(SEIZED,), price_fen=60_000_000
        ),
        {"mortgage.juniors_agree": BLOCK, "book.seizure_noted": WARN},
    ),
    "an open maximum mortgage passes": (
        lambda: targeting(
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
        seized_buyer,
        {"seizure.object": WARN},
    ),
    "another court lifts": (
        lambda: targeting(B.SEIZURE_LIFTING, replace(SEIZED, details={"authority": "光山县人民法院"}), w.AUTHORITY),
        {"seizure.same_authority": WARN},
    ),
    "renewed too late": (
        lambda: targeting(B.SEIZURE_RENEWAL, replace(SEIZED, valid_until=date(2026, 11, 22)), w.AUTHORITY),
        {"seizure.not_expired": BLOCK},
    ),
    "a waiting seizure is renewed": (
        lambda: targeting(B.SEIZURE_RENEWAL, replace(SEIZED, rank=1), w.AUTHORITY),
        {"seizure.not_expired": BLOCK},
    ),
    # objections, corrections, lapses
    "objected twice": (
        lambda: titled(B.OBJECTION, holder(w.ZHAO), standing(OBJECTED)),
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
        lambda: targeting(
            B.CORRECTION_EX_OFFICIO,
            OWNER,
            beside=(replace(SEIZED, booked_at=datetime(2026, 1, 1, tzinfo=UTC)),),
            owned=False,
        ),
        {"correction.no_dispute": BLOCK, "book.seizure_noted": WARN},
    ),
    "day 90 is not over": (
        lambda: lapsing("2026-08-25"),
        {"lapse.due": BLOCK},
    ),
    "day 90 is over": (lambda: lapsing("2026-08-24"), {}),
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
    "an answer raises doubt": (lambda: answered(disputed=True), {"form.inquiry": WARN}),
    "a question was not asked": (lambda: answered(own_will=None), {"form.inquiry": BLOCK}),
}
