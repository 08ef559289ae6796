"""The demo counties: 息县 and 光山县, with offices, staff, developers and homes for sale. All of it is invented.

Loaded through the same services that the offices use. Running it again changes nothing.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from uuid import UUID

from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import create_async_engine

from escrow import collection
from escrow.agreements.plans import install_plans
from escrow.banking import BankMode, connect_bank
from escrow.models import SupervisionMode
from escrow.supervision import (
    demonstration_rates,
    register_account,
    register_maintenance_account,
    set_rate,
)
from kernel.blobs import BlobStore
from kernel.db import Database, WriteSession
from kernel.permissions import Actor, system_actor
from kernel.rendering.fonts import font_files
from kernel.settings import Settings, get_settings
from kernel.tenancy.models import County
from signing.founding import open_pki
from signing.schemas import agency_seal
from signing.seal_policies import Keeper, set_policy
from signing.seal_rules import UsePolicy
from signing.seals import issue_seal
from yiti.accounts.models import Organisation, User
from yiti.accounts.roles import OrganisationKind
from yiti.accounts.service import create_organisation, create_user
from yiti.estate.parameters import install_parameters
from yiti.estate.schemas import Evidence, NewBuilding, NewProject, PermitApplication
from yiti.estate.service import issue_permit, register_building, register_project
from yiti.estate.survey_service import apply_survey, preview_survey
from yiti.estate.survey_template import survey_template
from yiti.journeys.agreements.sealing import AGREEMENT
from yiti.journeys.registration.collecting import TAX, TREASURY
from yiti.journeys.sale.papers import SEALED_BY_DEVELOPER
from yiti.letters.schemas import SEALED_BY_AGENCY, SEALED_BY_HOUSING, housing_seal

PASSWORD = "Demo-2026-county"  # noqa: S105  printed at every start; production never loads the demo county
BANK = ("CCB-DEMO", "演示建设银行息县支行")


@dataclass(frozen=True)
class DemoBuilding:
    """A building of the demo project; a mortgaged one sends its cases to a person."""

    number: int
    floors: int
    rooms: int
    has_lift: bool = True
    mortgagee: str | None = None


@dataclass(frozen=True)
class DemoCounty:
    """One county to load."""

    code: str
    name: str
    agency: str
    agency_code: str
    developer: str
    developer_code: str
    project: str
    location: str
    account_no: str
    buildings: tuple[DemoBuilding, ...]


COUNTIES = (
    DemoCounty(
        "411528", "息县", "息县自然资源局", "11411528MB999999XL", "息县演示置业有限公司", "91411528MA99999963",
        "淮畔雅苑", "息县谯楼街道演示大道88号", "41050188888800000001",
        (
            DemoBuilding(1, 18, 4),
            DemoBuilding(2, 18, 4),
            DemoBuilding(3, 6, 4, has_lift=False, mortgagee="演示农商银行"),
        ),
    ),
    DemoCounty(
        "411522", "光山县", "光山县自然资源局", "11411522MB12345604", "光山县演示地产有限公司", "91411522MA9999990R",
        "紫水新城", "光山县弦山街道演示路16号", "41050188888800000002", (DemoBuilding(1, 11, 2),),
    ),
)  # fmt: skip

STAFF = (
    ("fangguan", "方管", OrganisationKind.HOUSING_DEPARTMENT, ("estate_clerk",)),
    ("zijin", "资谨", OrganisationKind.HOUSING_DEPARTMENT, ("escrow_supervisor",)),
    ("zijinzhang", "章资", OrganisationKind.HOUSING_DEPARTMENT, ("escrow_approver",)),
    ("caiwu", "蔡务", OrganisationKind.HOUSING_DEPARTMENT, ("finance_clerk",)),
    ("shouli", "寿理", OrganisationKind.REGISTRATION_CENTRE, ("window_clerk",)),
    ("yewu", "叶务", OrganisationKind.REGISTRATION_CENTRE, ("case_manager",)),
    ("dengji", "登纪", OrganisationKind.REGISTRATION_CENTRE, ("registrar",)),
    ("shoufei", "寿菲", OrganisationKind.REGISTRATION_CENTRE, ("fee_clerk",)),
    ("guanli", "管理", OrganisationKind.OPERATOR, ("administrator",)),
    ("shenji", "沈计", OrganisationKind.OPERATOR, ("auditor",)),
    ("shoulou", "寿楼", OrganisationKind.DEVELOPER, ("sales_clerk",)),
    ("jingli", "经理", OrganisationKind.DEVELOPER, ("sales_manager",)),
    ("fujingli", "付经", OrganisationKind.DEVELOPER, ("sales_manager",)),
    ("qicai", "戚财", OrganisationKind.DEVELOPER, ("developer_accountant",)),
    ("yinzhang", "尹章", OrganisationKind.DEVELOPER, ("developer_seal_keeper",)),
    ("xindai", "辛贷", OrganisationKind.BANK, ("bank_sealer",)),
    ("hangzhang", "杭章", OrganisationKind.BANK, ("bank_sealer",)),
    ("yinhang", "尹航", OrganisationKind.BANK, ("bank_clerk",)),
    ("hangyin", "杭印", OrganisationKind.BANK, ("bank_seal_keeper",)),
    ("gongji", "龚济", OrganisationKind.FUND_CENTRE, ("fund_sealer",)),
    ("gongkuan", "龚宽", OrganisationKind.FUND_CENTRE, ("fund_clerk",)),
    ("jiyin", "纪印", OrganisationKind.FUND_CENTRE, ("fund_seal_keeper",)),
    ("zhongyin", "钟印", OrganisationKind.REGISTRATION_CENTRE, ("agency_seal_keeper",)),
)  # fmt: skip


_SEALED: dict[OrganisationKind, tuple[str, ...]] = {
    OrganisationKind.DEVELOPER: SEALED_BY_DEVELOPER,
    OrganisationKind.BANK: (
        "loan_contract", "disbursement_letter", "settlement_letter", "mortgage_release", "commitment_letter",
        AGREEMENT,
    ),
    OrganisationKind.FUND_CENTRE: ("fund_loan_notice", "loan_contract", "settlement_letter", "mortgage_release"),
}  # fmt: skip
"""What each organisation's seal is issued for."""
_FOUR_EYES = {
    OrganisationKind.BANK: frozenset({"loan_contract", "mortgage_release", AGREEMENT}),
    OrganisationKind.FUND_CENTRE: frozenset[str](),
}
"""Who has a use policy from the beginning, and what somebody else has to approve there."""


async def load(settings: Settings) -> None:
    """Load both counties."""
    await _make_counties(settings)
    blobs = BlobStore(settings.blob_url)
    async with Database(settings.database_url, pool_size=1) as database:
        for county in COUNTIES:
            async with database.transaction(county.code) as tx:
                if await tx.scalar(select(User.id).limit(1)) is None:
                    await _fill(tx, settings, blobs, county)


async def _make_counties(settings: Settings) -> None:
    engine = create_async_engine(settings.owner_database_url)
    rows = [
        {
            "code": one.code,
            "name": one.name,
            "province_abbreviation": "豫",
            "agency_name": one.agency,
            "agency_code": one.agency_code,
        }
        for one in COUNTIES
    ]
    async with engine.begin() as connection:
        await connection.execute(insert(County).values(rows).on_conflict_do_nothing())
    await engine.dispose()


async def _fill(tx: WriteSession, settings: Settings, blobs: BlobStore, county: DemoCounty) -> None:
    actor = system_actor(tx.tenant)
    offices = await _offices(tx, actor, county)
    for login, name, kind, roles in STAFF:
        await create_user(
            tx, actor, organisation_id=offices[kind].id, login=login, display_name=name, roles=roles, password=PASSWORD
        )
    await _seals(tx, actor, settings, county, offices)
    await install_parameters(tx, actor)
    await install_plans(tx, actor)
    for rate in demonstration_rates():
        await set_rate(tx, actor, rate)
    await register_maintenance_account(
        tx, actor, f"{county.account_no[:-2]}99", f"{county.name}住宅专项维修资金专户", *BANK
    )
    await _collection(tx, actor, county)
    await connect_bank(
        tx, actor, bank_code=BANK[0], bank_name=BANK[1], mode=BankMode.GATEWAY,
        organisation_id=offices[OrganisationKind.BANK].id,
    )  # fmt: skip
    await _estate(tx, actor, blobs, county, offices[OrganisationKind.DEVELOPER].id)


async def _collection(tx: WriteSession, actor: Actor, county: DemoCounty) -> None:
    """一码付: the intermediate account, and where tax and fees are cleared to."""
    await collection.register_collection_account(
        tx, actor, f"{county.account_no[:-2]}77", f"{county.name}不动产登记税费中转账户", *BANK
    )
    offices = ((TAX, f"国家税务总局{county.name}税务局", "71"), (TREASURY, f"{county.name}财政局", "72"))
    for code, name, ending in offices:
        authority = collection.Authority(
            code=code, name=name, account_no=f"{county.account_no[:-2]}{ending}", account_name=f"{name}待缴库户",
            bank_code="", bank_name=BANK[1], valid_from=date(2020, 1, 1), source="演示账户（虚构）",
        )  # fmt: skip
        await collection.set_authority(tx, actor, authority)


async def _offices(tx: WriteSession, actor: Actor, county: DemoCounty) -> dict[OrganisationKind, Organisation]:
    kinds = OrganisationKind
    wanted = (
        (kinds.HOUSING_DEPARTMENT, f"{county.name}住房和城乡建设局", _code(county, 1)),
        (kinds.REGISTRATION_CENTRE, f"{county.name}不动产登记中心", _code(county, 2)),
        (kinds.OPERATOR, f"{county.name}政务数据中心", _code(county, 3)),
        (kinds.BANK, BANK[1], _code(county, 4)),
        (kinds.FUND_CENTRE, f"{county.name}住房公积金管理部", _code(county, 5)),
        (kinds.DEVELOPER, county.developer, county.developer_code),
    )
    return {
        kind: await create_organisation(
            tx, actor, kind=kind, name=name, credit_code=code, address=county.location, phone="0376-5950000",
            legal_representative="贾某某",
        )
        for kind, name, code in wanted
    }  # fmt: skip


def _code(county: DemoCounty, serial: int) -> str:
    """An invented unified social credit code with a right check character."""
    from stdnum.cn import uscc

    body = f"12{county.code}MB99999{serial:02d}"
    return body + uscc.calc_check_digit(body)


async def _seals(
    tx: WriteSession,
    actor: Actor,
    settings: Settings,
    county: DemoCounty,
    offices: dict[OrganisationKind, Organisation],
) -> None:
    pki, font = open_pki(settings), font_files(settings.assets_dir)[1]
    await issue_seal(
        tx, actor, pki, font, key=agency_seal(county.code), organisation=county.agency,
        credit_code=county.agency_code, document_kinds=SEALED_BY_AGENCY,
    )  # fmt: skip
    housing = offices[OrganisationKind.HOUSING_DEPARTMENT]
    await issue_seal(
        tx, actor, pki, font, key=housing_seal(county.code), organisation=housing.name,
        credit_code=housing.credit_code, document_kinds=(*SEALED_BY_HOUSING, AGREEMENT),
    )  # fmt: skip
    for kind, papers in _SEALED.items():
        owner = offices[kind]
        seal = await issue_seal(
            tx, actor, pki, font, key=f"organisation:{owner.id}", organisation=owner.name,
            credit_code=owner.credit_code, document_kinds=papers, organisation_id=owner.id,
        )  # fmt: skip
        owner.seal_key = seal.key
        if (eyes := _FOUR_EYES.get(kind)) is not None:
            keeper = Keeper(replace(actor, organisation_id=owner.id))
            await set_policy(tx, keeper, seal.id, UsePolicy(kinds=frozenset(papers), four_eyes=eyes, daily_limit=200))


async def _estate(tx: WriteSession, actor: Actor, blobs: BlobStore, county: DemoCounty, developer: UUID) -> None:
    project = await register_project(
        tx,
        actor,
        NewProject(
            organisation_id=developer,
            name=county.project,
            parcel_code=f"{county.code}001001GB00001",
            location=county.location,
            land_use_right_no=f"豫（2024）{county.name}不动产权第0000001号",
            land_term_end=date(2094, 5, 20),
            planning_permit_no=f"建字第{county.code}202500011号",
            planning_permit_on=date(2025, 3, 18),
            construction_permit_no=f"{county.code}202506010101",
        ),
    )
    ids = [
        (await register_building(tx, actor, _new_building(project.id, building))).id for building in county.buildings
    ]
    preview = await preview_survey(tx, actor, blobs, project.id, "演示楼盘表.xlsx", _survey(county))
    await apply_survey(tx, actor, blobs, preview.id, preview.digest)
    await register_account(
        tx, actor, project.id, county.account_no, f"{county.developer}预售资金监管专户", *BANK,
        "监管协议2026-001", SupervisionMode.FULL, None,
    )  # fmt: skip
    evidence = Evidence(
        land_price_paid_on=date(2024, 6, 1),
        investment_percent=Decimal("62.50"),
        supervision_mode="full",
        supervision_agreement_no="监管协议2026-001",
        mortgagee_consent_no="演示农商银行同意销售函2026-01",
    )
    permit = PermitApplication(
        project_id=project.id,
        number=f"{county.name}房预售证第2026001号",
        building_ids=tuple(ids),
        evidence=evidence,
    )
    await issue_permit(tx, actor, permit)


def _new_building(project_id: UUID, building: DemoBuilding) -> NewBuilding:
    return NewBuilding(
        project_id=project_id,
        number=building.number,
        name=f"{building.number}号楼",
        floors_total=building.floors,
        structure="钢筋混凝土结构",
        has_lift=building.has_lift,
        planned_handover=date(2027, 12, 31),
        topped_out_on=date(2026, 9, 30),
        mortgagee=building.mortgagee,
    )


def _survey(county: DemoCounty) -> bytes:
    """The surveyor's workbook, on the county's own template."""
    workbook = load_workbook(BytesIO(survey_template()))
    sheet = workbook.worksheets[0]
    for building in county.buildings:
        for floor in range(1, building.floors + 1):
            for room in range(1, building.rooms + 1):
                sheet.append(_survey_row(county, building, floor, room))
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def _survey_row(county: DemoCounty, building: DemoBuilding, floor: int, room: int) -> list[object]:
    household = (floor - 1) * building.rooms + room
    inner, shared = (Decimal("98.60"), Decimal("24.15")) if room in (1, building.rooms) else (
        Decimal("71.32"), Decimal("17.58"))  # fmt: skip
    number = f"{floor}{room:02d}"
    name = f"{building.number}号楼"
    return [
        building.number, name, "1", str(floor), household, number,
        f"{county.location}{county.project}{name}1单元{number}", "成套住宅", "钢筋混凝土结构",
        float(inner + shared), float(inner), float(shared),
    ]  # fmt: skip


def accounts() -> list[str]:
    """The demo accounts, a line each, for the terminal."""
    roles = {
        "fangguan": "住建局（楼盘、预售许可、资金）",
        "zijin": "住建局（监管协议，用款初审）",
        "zijinzhang": "住建局（资金监管，用款核准）",
        "caiwu": "住建局财务（对账）",
        "shoulou": "售楼员",
        "jingli": "售楼负责人（合同、监管协议盖章）",
        "fujingli": "售楼负责人（双人用印时批准）",
        "qicai": "开发企业财务（用款申请）",
        "yinzhang": "开发企业印章管理员",
        "xindai": "银行（监管协议、文件用印）",
        "hangzhang": "银行（用印，批准）",
        "yinhang": "银行经办（付款、对账、贷款入账）",
        "hangyin": "银行印章管理员",
        "gongji": "公积金（文件用印）",
        "gongkuan": "公积金经办（贷款入账）",
        "jiyin": "公积金印章管理员",
        "zhongyin": "登记机构印章管理员",
        "shouli": "窗口人员（一窗受理）",
        "dengji": "登记员",
        "yewu": "业务管理员（材料、时限、审核层级）",
        "shoufei": "登记中心收费财务（一码缴费、清分）",
        "guanli": "系统管理员",
        "shenji": "安全审计员",
    }
    return [f"{login:<10} {words}" for login, words in roles.items()]


def main() -> None:
    """Load the demo counties and print how to get in."""
    settings = get_settings()
    if settings.environment == "production":
        raise SystemExit("演示数据不能装入生产环境")
    asyncio.run(load(settings))
    counties = "、".join(f"{one.name}（{one.code}）" for one in COUNTIES)
    print(f"演示县：{counties}，账号相同，密码均为 {PASSWORD}")
    print("\n".join(accounts()))


if __name__ == "__main__":
    main()
