"""How each business is booked."""

from collections.abc import Callable

from yiti.cases.application import Part
from yiti.cases.business import Business
from yiti.cases.facts import CaseFacts
from yiti.cases.planning import ownership, rights
from yiti.cases.planning.ownership import Planned

Planner = Callable[[Part, CaseFacts], Planned]

PLANNERS: dict[Business, Planner] = {
    Business.FIRST_REGISTRATION: ownership.first,
    Business.TRANSFER_NEW_HOME: ownership.transfer,
    Business.TRANSFER_RESALE: ownership.transfer,
    Business.TRANSFER_GIFT: ownership.transfer,
    Business.TRANSFER_DIVISION: ownership.transfer,
    Business.TRANSFER_INHERITANCE: ownership.transfer,
    Business.TRANSFER_BEQUEST: ownership.transfer,
    Business.TRANSFER_EXCHANGE: ownership.transfer,
    Business.TRANSFER_JUDGMENT: ownership.transfer,
    Business.CHANGE_HOLDER: ownership.change_holder,
    Business.CHANGE_PROPERTY: ownership.change_property,
    Business.CHANGE_TERM: ownership.change_term,
    Business.SPLIT: ownership.regroup,
    Business.MERGER: ownership.regroup,
    Business.OWNERSHIP_CANCELLATION: ownership.cancel_ownership,
    Business.CORRECTION: rights.correction,
    Business.CORRECTION_EX_OFFICIO: rights.correction,
    Business.OBJECTION: rights.objection,
    Business.OBJECTION_CANCELLATION: rights.cancellation,
    Business.PRESALE_NOTICE: rights.notice,
    Business.PRESALE_NOTICE_CANCELLATION: rights.cancellation,
    Business.PRESALE_MORTGAGE_NOTICE: rights.notice,
    Business.PRESALE_MORTGAGE_NOTICE_CANCELLATION: rights.cancellation,
    Business.SALE_NOTICE: rights.notice,
    Business.SALE_NOTICE_CANCELLATION: rights.cancellation,
    Business.MORTGAGE_NOTICE: rights.notice,
    Business.MORTGAGE_NOTICE_CANCELLATION: rights.cancellation,
    Business.MORTGAGE: rights.mortgage,
    Business.MAXIMUM_MORTGAGE: rights.mortgage,
    Business.MORTGAGE_FROM_NOTICE: rights.mortgage_from_notice,
    Business.MORTGAGE_TRANSFER: rights.mortgage_transfer,
    Business.MORTGAGE_CHANGE: rights.mortgage_change,
    Business.MORTGAGE_CANCELLATION: rights.cancellation,
    Business.CONSTRUCTION_MORTGAGE: rights.mortgage,
    Business.CONSTRUCTION_MORTGAGE_CANCELLATION: rights.cancellation,
    Business.RESIDENCE: rights.residence,
    Business.RESIDENCE_CANCELLATION: rights.cancellation,
    Business.EASEMENT: rights.easement,
    Business.EASEMENT_CANCELLATION: rights.cancellation,
    Business.SEIZURE: rights.seizure,
    Business.SEIZURE_RENEWAL: rights.seizure_renewal,
    Business.SEIZURE_LIFTING: rights.cancellation,
    Business.CERTIFICATE_REPLACEMENT: rights.nothing,
    Business.CERTIFICATE_LOSS: rights.nothing,
    Business.LAPSE: rights.lapse,
}
