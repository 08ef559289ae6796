"""The forms of the housing department: texts as they were typed, and the values that the services take."""

from dataclasses import dataclass, field
from typing import Any, Literal, cast
from uuid import UUID

from litestar import Request
from msgspec import Struct

from escrow.models import SupervisionMode
from escrow.rules import Rate, UsageClass
from kernel.errors import Invalid
from yiti.accounts.models import Organisation
from yiti.estate.models import Building
from yiti.estate.schemas import Evidence, NewBuilding, NewProject, PermitApplication
from yiti.portals.housing.fields import day, day_or_none, fen, line, percent_or_none, whole

MODES: dict[str, str] = {SupervisionMode.FULL: "全额监管", SupervisionMode.QUOTA: "按额度监管"}
USAGE_CLASSES: dict[str, str] = {
    UsageClass.RESIDENTIAL: "住宅",
    UsageClass.NON_RESIDENTIAL: "非住宅（商业等）",
    UsageClass.ANCILLARY: "车位、车库、储藏室",
}
YES_NO = {"yes": "有", "no": "无"}


class DeveloperForm(Struct, kw_only=True):
    """A developer (房地产开发企业)."""

    name: str = ""
    credit_code: str = ""
    legal_representative: str = ""
    phone: str = ""
    address: str = ""

    def facts(self) -> dict[str, str]:
        """The texts, checked against their columns; the credit code is checked by the service."""
        return {
            "name": line(self.name, "name", 120),
            "credit_code": self.credit_code,
            "legal_representative": line(self.legal_representative, "legal_representative", 60),
            "phone": line(self.phone, "phone", 20, needed=False),
            "address": line(self.address, "address", 200, needed=False),
        }


class ProjectForm(Struct, kw_only=True):
    """A project."""

    organisation_id: str = ""
    name: str = ""
    parcel_code: str = ""
    location: str = ""
    land_use_right_no: str = ""
    land_term_end: str = ""
    planning_permit_no: str = ""
    planning_permit_on: str = ""
    construction_permit_no: str = ""
    mortgagee: str = ""

    def new(self, developers: list[Organisation]) -> NewProject:
        """The project to register, of one of these developers."""
        chosen = next((one.id for one in developers if str(one.id) == self.organisation_id), None)
        if chosen is None:
            raise Invalid("请选择已登记的开发企业", field="organisation_id")
        return NewProject(
            organisation_id=chosen,
            name=line(self.name, "name", 120),
            parcel_code=self.parcel_code,
            location=line(self.location, "location", 200),
            land_use_right_no=line(self.land_use_right_no, "land_use_right_no", 60),
            land_term_end=day(self.land_term_end, "land_term_end"),
            planning_permit_no=line(self.planning_permit_no, "planning_permit_no", 60),
            planning_permit_on=day(self.planning_permit_on, "planning_permit_on"),
            construction_permit_no=line(self.construction_permit_no, "construction_permit_no", 60),
            mortgagee=line(self.mortgagee, "mortgagee", 120, needed=False) or None,
        )


class BuildingForm(Struct, kw_only=True):
    """A building of a project."""

    number: str = ""
    name: str = ""
    floors_total: str = ""
    structure: str = ""
    has_lift: str = ""
    planned_handover: str = ""
    topped_out_on: str = ""
    mortgagee: str = ""

    def new(self, project_id: UUID) -> NewBuilding:
        """The building to register."""
        return NewBuilding(
            project_id=project_id,
            number=whole(self.number, "number"),
            name=line(self.name, "name", 60),
            floors_total=whole(self.floors_total, "floors_total"),
            structure=self.structure,
            has_lift=yes(self.has_lift, "has_lift"),
            planned_handover=day(self.planned_handover, "planned_handover"),
            topped_out_on=day_or_none(self.topped_out_on, "topped_out_on"),
            mortgagee=line(self.mortgagee, "mortgagee", 120, needed=False) or None,
        )


class ToppingOutForm(Struct, kw_only=True):
    """When the main structure was topped out."""

    on: str = ""


class CompletionForm(Struct, kw_only=True):
    """When the building was accepted as completed."""

    completed_on: str = ""


class MortgageForm(Struct, kw_only=True):
    """Who holds the 在建建筑物抵押."""

    mortgagee: str = ""


class AccountForm(Struct, kw_only=True):
    """A supervised bank account; agreement, mode and quota for presales only."""

    account_no: str = ""
    account_name: str = ""
    bank_code: str = ""
    bank_name: str = ""
    agreement_no: str = ""
    mode: str = ""
    quota: str = ""

    def bank(self) -> tuple[str, str, str, str]:
        """Number, name, bank code, bank: as `escrow.supervision` takes them."""
        return (
            line(self.account_no, "account_no", 60),
            line(self.account_name, "account_name", 120),
            line(self.bank_code, "bank_code", 20),
            line(self.bank_name, "bank_name", 120),
        )

    def agreement(self) -> tuple[str, SupervisionMode, int | None]:
        """Agreement number, mode, quota in fen."""
        if self.mode not in MODES:
            raise Invalid("请选择监管方式", field="mode")
        mode = SupervisionMode(self.mode)
        if mode is SupervisionMode.FULL and self.quota.strip():
            raise Invalid("全额监管不填监管额度", field="quota")
        quota = None if mode is SupervisionMode.FULL else fen(self.quota, "quota")
        if quota == 0:
            raise Invalid("监管额度应大于零", field="quota")
        return line(self.agreement_no, "agreement_no", 60), mode, quota


class RateForm(Struct, kw_only=True):
    """A dated rate of the maintenance fund."""

    usage_class: str = ""
    with_lift: str = ""
    rate: str = ""
    valid_from: str = ""
    source: str = ""

    def new(self) -> Rate:
        """The rate to set."""
        if self.usage_class not in USAGE_CLASSES:
            raise Invalid("请选择房屋类别", field="usage_class")
        return Rate(
            usage_class=UsageClass(self.usage_class),
            with_lift=yes(self.with_lift, "with_lift"),
            fen_per_sqm=fen(self.rate, "rate"),
            valid_from=day(self.valid_from, "valid_from"),
            source=line(self.source, "source", 200),
            demonstration=False,
        )


@dataclass(kw_only=True, slots=True)
class PermitForm:
    """An application for a presale permit, shown again with what was typed."""

    building_ids: list[str] = field(default_factory=list)
    number: str = ""
    land_price_paid_on: str = ""
    investment_percent: str = ""
    supervision_mode: str = ""
    supervision_agreement_no: str = ""
    mortgagee_consent_no: str = ""
    floors: dict[int, str] = field(default_factory=dict)
    """Floors built, as typed, by 幢号."""

    def application(self, project_id: UUID, buildings: list[Building]) -> PermitApplication:
        """What is applied for; only these buildings of the project may be chosen."""
        chosen = [building for building in buildings if str(building.id) in self.building_ids]
        if not chosen or len(chosen) != len(self.building_ids):
            raise Invalid("请选择本项目尚未取得预售许可的楼幢", field="building_ids")
        evidence = Evidence(
            land_price_paid_on=day_or_none(self.land_price_paid_on, "land_price_paid_on"),
            investment_percent=percent_or_none(self.investment_percent, "investment_percent"),
            supervision_mode=cast("Literal['full', 'quota'] | None", self.supervision_mode or None),
            supervision_agreement_no=line(self.supervision_agreement_no, "supervision_agreement_no", 60, needed=False),
            floors_built={
                building.number: whole(self.floors[building.number], f"floors.{building.number}", 200)
                for building in chosen
                if self.floors.get(building.number, "").strip()
            },
            mortgagee_consent_no=line(self.mortgagee_consent_no, "mortgagee_consent_no", 60, needed=False),
        )
        return PermitApplication(
            project_id=project_id,
            number=line(self.number, "number", 60),
            building_ids=tuple(building.id for building in chosen),
            evidence=evidence,
        )


async def permit_form(request: Request[Any, Any, Any], buildings: list[Building]) -> PermitForm:
    """The form as it came. Which way the money is supervised is not typed: the registered account says it."""
    sent = [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]
    typed = dict(sent)
    return PermitForm(
        building_ids=[value for name, value in sent if name == "building_ids"],
        number=typed.get("number", ""),
        land_price_paid_on=typed.get("land_price_paid_on", ""),
        investment_percent=typed.get("investment_percent", ""),
        mortgagee_consent_no=typed.get("mortgagee_consent_no", ""),
        floors={building.number: typed.get(f"floors.{building.number}", "") for building in buildings},
    )


def yes(value: str, name: str) -> bool:
    """A choice of 有 and 无."""
    if value not in YES_NO:
        raise Invalid("请选择", field=name)
    return value == "yes"
