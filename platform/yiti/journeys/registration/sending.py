"""What tax bureau, housing department and treasury are sent: each only what its answer needs."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from integrations.connectors import Connectors
from integrations.housing import FundInquiry
from integrations.tax import TaxDeclaration, Taxpayer
from integrations.treasury import FeeBill
from kernel.clock import now
from kernel.db import WriteSession
from kernel.outbox import Park
from yiti.cases import service as cases
from yiti.cases.application import Applicant, Application, Part, Side
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.facts import UnitFact
from yiti.cases.models import Case
from yiti.journeys.registration.models import CaseRequest
from yiti.journeys.registration.outside import ASKED_OF
from yiti.journeys.registration.units import units_of


async def send(tx: WriteSession, connectors: Connectors, request_id: UUID) -> None:
    """Send one request, once; one that is answered or dropped meanwhile stays. `Park` where nobody is connected."""
    request = await tx.scalar(select(CaseRequest).where(CaseRequest.id == request_id))
    if request is None or request.state != "requested":
        return
    case = await cases.get(tx, request.case_id)
    application = cases.application_of(case)
    units = await units_of(tx, application.unit_ids)
    subject = f"case:{case.id}"
    if request.which == "tax":
        await connectors.tax.declare(_declaration(case, request, application, units), subject=subject)
    elif request.which == "housing" and connectors.housing is not None:
        await connectors.housing.inquire(_inquiry(case, request, application, units), subject=subject)
    elif request.which == "fee" and connectors.treasury is not None:
        await connectors.treasury.bill(_bill(case, request, application), subject=subject)
    else:
        raise Park(f"本县尚未与{_title(request)}联网，请在业务件中录入核验结果")
    request.sent_at = now()


def _title(request: CaseRequest) -> str:
    return next(who.words for which, who in ASKED_OF.items() if which == request.which)


def _taxed(application: Application) -> Part:
    """The part that is taxed; a case has one transfer at most."""
    taxed = [part for part in application.parts if CATALOGUE[part.business].tax]
    return (taxed or list(application.parts))[0]


def _taxpayer(one: Applicant) -> Taxpayer:
    share = f"{one.share.numerator}/{one.share.denominator}" if one.share else None
    return Taxpayer(name=one.name, id_kind=one.id_kind, id_no=one.id_number, share=share)


def _declaration(
    case: Case, request: CaseRequest, application: Application, units: tuple[UnitFact, ...]
) -> TaxDeclaration:
    part = _taxed(application)
    concerned = [unit for unit in units if unit.id in part.unit_ids]
    return TaxDeclaration(
        request_no=request.request_no,
        case_no=case.number,
        business=part.business,
        cause=part.cause,
        unit_codes=tuple(unit.code for unit in concerned),
        location=concerned[0].location,
        usage=concerned[0].usage,
        building_area=_area(concerned),
        price_fen=part.price_fen,
        transferors=tuple(_taxpayer(one) for one in part.applicants if one.side is Side.OBLIGOR),
        transferees=tuple(_taxpayer(one) for one in part.applicants if one.side is Side.HOLDER),
    )


def _inquiry(case: Case, request: CaseRequest, application: Application, units: tuple[UnitFact, ...]) -> FundInquiry:
    part = next((one for one in application.parts if CATALOGUE[one.business].housing), application.parts[0])
    concerned = [unit for unit in units if unit.id in part.unit_ids]
    return FundInquiry(
        request_no=request.request_no,
        case_no=case.number,
        unit_codes=tuple(unit.code for unit in concerned),
        location=concerned[0].location,
        building_area=_area(concerned),
        owners=tuple(one.name for one in part.applicants if one.side is Side.HOLDER),
    )


def _bill(case: Case, request: CaseRequest, application: Application) -> FeeBill:
    payers = [one.name for part in application.parts for one in part.applicants if one.side is Side.HOLDER]
    names = "、".join(CATALOGUE[Business(one)].name for one in case.businesses)
    return FeeBill(
        request_no=request.request_no,
        case_no=case.number,
        title=f"不动产登记费（{names}）"[:200],
        payer="、".join(dict.fromkeys(payers))[:200] or case.applicants[:200],
        amount_fen=request.amount_fen,
    )


def _area(units: list[UnitFact]) -> Decimal:
    return sum((unit.building_area for unit in units), Decimal("0.00"))
