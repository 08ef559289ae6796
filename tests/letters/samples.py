"""A letter of every kind, as the registration journey would write it."""

from datetime import UTC, date, datetime

from tests.certificates.samples import CERTIFICATE_NUMBER, PROOF_NUMBER
from tests.certificates.world import LOCATION, LONG_LOCATION
from yiti.letters import rules
from yiti.letters.schemas import (
    AcceptanceReceipt,
    Agency,
    CorrectionItem,
    CorrectionNotice,
    ExtractEntry,
    FrozenLetter,
    Ground,
    HandedPaper,
    HandOverReceipt,
    LetterContent,
    MaintenanceReceipt,
    MaterialLine,
    Matter,
    NoticeLine,
    OwnedHome,
    OwnershipStatement,
    PaidLine,
    PaymentReceipt,
    Person,
    PublicNotice,
    Refusal,
    RegisterExtract,
    Rejection,
    kind_of,
)

AT = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
UNIT = "411528001001GB00001F00010001"
MATTER = Matter(
    case_number="4115282026112100001",
    business="转移登记（存量房买卖）",
    applicants=("王小明", "李四"),
    location=LOCATION,
    unit_codes=(UNIT,),
    applied_on=date(2026, 11, 20),
)
MATERIALS = (
    MaterialLine(name="不动产登记申请书"),
    MaterialLine(name="申请人身份证明", form="共享获取"),
    MaterialLine(name="不动产权证书"),
    MaterialLine(name="存量房买卖合同"),
    MaterialLine(name="契税完税（减免税）凭证", form="共享获取"),
)
MISSING = (
    CorrectionItem(name="全体共有人同意处分的书面材料", reason="该不动产为共同共有，未提交同意材料", form="原件1份"),
    CorrectionItem(name="李四的居民身份证", reason="证件已于2026年10月31日到期", form="有效证件"),
    CorrectionItem(name="存量房买卖合同", reason="合同所载不动产单元号与登记簿不一致"),
)  # fmt: skip
PERSON = Person(name="王小明", id_kind="居民身份证", id_number="990000199001010013")
SPOUSE = Person(name="陈㛃䶮", id_kind="居民身份证", id_number="990000199202020024")
HOMES = (
    OwnedHome(
        holder="王小明、陈㛃䶮", number=CERTIFICATE_NUMBER, location=LOCATION, usage="成套住宅", area="118.36㎡",
        sharing="共同共有", booked_on=date(2024, 3, 8),
    ),
    OwnedHome(
        holder="王小明", number=PROOF_NUMBER, location=LONG_LOCATION, usage="成套住宅", area="96.02㎡（预测）",
        sharing="单独所有", booked_on=date(2026, 5, 6),
    ),
)  # fmt: skip
ENTRIES = (
    ExtractEntry(
        title="国有建设用地使用权/房屋所有权（首次登记）", current=False,
        facts=(("权利人", "息县息州置业有限公司"), ("登记时间", "2023-06-01"), ("不动产权证号", CERTIFICATE_NUMBER)),
    ),
    ExtractEntry(
        title="国有建设用地使用权/房屋所有权（转移登记）", current=True,
        facts=(
            ("权利人", "王小明"), ("证件号码", "9900**********0013"), ("共有情况", "单独所有"),
            ("登记时间", "2024-03-08"),
            ("登记原因", "买卖"), ("取得价格", "733,832.05元"), ("不动产权证号", "豫（2024）息县不动产权第0000318号"),
        ),
    ),
    ExtractEntry(
        title="抵押权（一般抵押）", current=True,
        facts=(
            ("抵押权人", "中国某某银行股份有限公司息县支行"), ("抵押人", "王小明"), ("被担保债权", "500,000.00元"),
            ("债务履行期限", "2024年3月1日起 2044年2月28日止"), ("登记时间", "2024-03-08"),
        ),
    ),
)  # fmt: skip

LETTERS: dict[str, LetterContent] = {
    "acceptance_receipt": AcceptanceReceipt(
        matter=MATTER, materials=MATERIALS, accepted_at=AT, due_on=date(2026, 11, 24), limit="1个工作日", clerk="周窗口"
    ),
    "correction_notice": CorrectionNotice(matter=MATTER, items=MISSING, until=date(2026, 12, 5), clerk="周窗口"),
    "rejection": Rejection(
        matter=MATTER, ground="incomplete", facts="未提交共有人同意处分的材料，身份证件已经过期。", missing=MISSING,
        materials=MATERIALS[:3], clerk="周窗口",
    ),
    "rejection_competence": Rejection(
        matter=MATTER, ground="competence", facts="申请登记的不动产位于光山县行政区域内。",
        competent="光山县自然资源局（光山县不动产登记中心）", clerk="周窗口",
    ),
    "refusal": Refusal(
        matter=MATTER, ground="other",
        reasons=(
            Ground(words="该不动产已被息县人民法院依法查封，查封期间不得办理转移登记。",
                   basis="《中华人民共和国城市房地产管理法》第三十八条"),
            Ground(words="未取得共有人书面同意。", basis="《中华人民共和国民法典》第三百零一条"),
        ),
    ),
    "public_notice": PublicNotice(
        occasion="loss", case_number="4115282026112100007", reason="权利人王小明申请补发遗失的不动产权证书",
        lines=(
            NoticeLine(holder="王小明", right="国有建设用地使用权/房屋所有权", location=LOCATION, unit_code=UNIT,
                       area="118.36㎡", usage="成套住宅", remark="证书号0000001"),
        ),
        from_day=date(2026, 11, 23), until=date(2026, 12, 11), working_days=15,
        address="息县谯楼街道息夫人大道1号 息县不动产登记中心三楼", phone="0376-5950000",
    ),
    "public_notice_first": PublicNotice(
        occasion="first", case_number="4115282026112100009", reason="息县息州置业有限公司申请首次登记",
        lines=tuple(
            NoticeLine(holder="息县息州置业有限公司", right="国有建设用地使用权/房屋所有权",
                       location=f"息县龙湖街道淮河大道66号淮河新城3号楼1单元{floor}01室",
                       unit_code=f"411528001001GB00001F0001{floor:04d}", area="118.36㎡", usage="成套住宅")
            for floor in range(1, 41)
        ),
        from_day=date(2026, 11, 23), until=date(2026, 12, 11), working_days=15,
        address="息县谯楼街道息夫人大道1号", phone="0376-5950000",
    ),
    "ownership_statement": OwnershipStatement(
        persons=(PERSON, SPOUSE), homes=HOMES, purpose="子女入学", queried_at=AT
    ),
    "no_home": OwnershipStatement(persons=(PERSON,), homes=(), purpose="申请公积金贷款", queried_at=AT),
    "register_extract": RegisterExtract(
        asked_by=PERSON, capacity="权利人", purpose="办理抵押贷款", location=LOCATION, unit_code=UNIT,
        natural_state=(("用　　途", "城镇住宅用地/成套住宅"), ("建筑面积", "118.36㎡"), ("房屋结构", "钢筋混凝土结构"),
                       ("所在层/总层数", "11/18")),
        entries=ENTRIES, restrictions=("抵押：中国某某银行股份有限公司息县支行，第1顺位",), queried_at=AT,
    ),
    "hand_over_receipt": HandOverReceipt(
        matter=MATTER,
        papers=(
            HandedPaper(title="不动产权证书", number=CERTIFICATE_NUMBER, holder="王小明"),
            HandedPaper(title="不动产登记证明", number=PROOF_NUMBER, holder="中国某某银行股份有限公司息县支行"),
        ),
        receiver=PERSON, method="window", handed_at=AT, clerk="吴发证",
    ),
    "payment_receipt": PaymentReceipt(
        matter=MATTER, bill_no="YM4115282026000001", payer="王小明、陈㛃䶮",
        lines=(
            PaidLine(title="契税", words="计税依据920,000.00元，税率1%", exempt_fen=0, amount_fen=920_000),
            PaidLine(title="增值税", words="个人销售购买满2年的住房免征增值税", exempt_fen=2_679_612, amount_fen=0),
            PaidLine(title="不动产登记费", words="住宅类每件", exempt_fen=0, amount_fen=8_000),
        ),
        total_fen=928_000, paid_at=AT, channel="微信支付", serial="LS20261121-0001", account_name="息县税费中转账户",
    ),
    "maintenance_receipt": MaintenanceReceipt(
        payers=("王小明", "陈㛃䶮"), location=LONG_LOCATION, unit_code=UNIT, area="118.36",
        rate="60.00 元／㎡（有电梯），息建〔2020〕1号", amount_fen=710_160, notice_no="JK4115282026000001", paid_at=AT,
        bank_name="建设银行息县支行", bank_serial="20261121000001", account_name="息县住宅专项维修资金专户",
        demonstration=False,
    ),
}  # fmt: skip


def frozen(content: LetterContent) -> FrozenLetter:
    kind = kind_of(content)
    return FrozenLetter(
        template=f"{kind.value}/1",
        number=rules.number("息县", kind, 2026, 1),
        title=rules.title(content, kind),
        agency=Agency(
            county_code="411528", county_name="息县", name="息县自然资源局", public_url="http://127.0.0.1:8080/"
        ),
        written_on=date(2026, 11, 21),
        frozen_at=AT,
        verify_code="abcdefghijklmnopqrst",
        content=content,
    )
