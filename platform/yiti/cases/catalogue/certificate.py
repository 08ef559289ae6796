"""换证、补证, and what ends by law."""

from typing import Any

from yiti.cases.business import Business
from yiti.cases.catalogue.common import AUTHORITY_TO_ACT, FORM, IDENTITY, PEOPLE, material
from yiti.cases.declaration import Declaration, Field
from yiti.register.kinds import ISSUES_CERTIFICATE, ISSUES_PROOF, EntryKind, RegistrationType

_ISSUED = tuple(kind for kind in EntryKind if kind in ISSUES_CERTIFICATE | ISSUES_PROOF)
_COPY: dict[str, Any] = {
    "group": "certificate",
    "registration_type": RegistrationType.OTHER,
    "right_type": "4",
    "applicants": "holder",
    "targets": _ISSUED,
    "fee": "book_cost",
}

DECLARATIONS = (
    Declaration(
        **_COPY,
        business=Business.CERTIFICATE_REPLACEMENT,
        name="换发不动产权证书、登记证明",
        basis="不动产登记暂行条例实施细则第二十二条",
        causes=("破损、污损", "换发新版证书", "更换电子证照"),
        materials=(IDENTITY, AUTHORITY_TO_ACT, material("certificate", "原证书或者登记证明", source="register")),
        rules=(*FORM, *PEOPLE, "target.current", "applicants.holders", "outside.fee"),
        online=True,
        automatic=True,
    ),
    Declaration(
        **_COPY,
        business=Business.CERTIFICATE_LOSS,
        name="补发不动产权证书、登记证明",
        basis="不动产登记暂行条例实施细则第二十二条",
        causes=("遗失", "灭失"),
        materials=(IDENTITY, AUTHORITY_TO_ACT, material("loss_statement", "遗失、灭失声明")),
        rules=(*FORM, *PEOPLE, "target.current", "applicants.holders", "outside.public_notice", "outside.fee"),
        public_notice_days=15,
    ),
    Declaration(
        business=Business.LAPSE,
        name="依法失效的登记注销",
        group="cancellation",
        registration_type=RegistrationType.CANCELLATION,
        right_type="4",
        basis="民法典第二百二十条、第二百二十一条；民事诉讼法解释第四百八十五条",
        applicants="ex_officio",
        targets=(
            EntryKind.PRESALE_NOTICE,
            EntryKind.SALE_NOTICE,
            EntryKind.PRESALE_MORTGAGE_NOTICE,
            EntryKind.MORTGAGE_NOTICE,
            EntryKind.OBJECTION,
            EntryKind.SEIZURE,
        ),
        causes=("法定期间届满，登记失效",),
        fields=(
            Field(
                name="rule",
                label="失效规则",
                kind="choice",
                choices=(
                    ("presale_notice_90_days", "预告登记自能够登记之日起九十日未申请登记"),
                    ("objection_15_days", "异议登记之日起十五日未起诉"),
                    ("seizure_term", "查封期限届满未续行"),
                ),
            ),
            Field(name="since", label="期间起算日", kind="date"),
        ),
        rules=("form.complete", "target.current", "lapse.due"),
        documents=(),
        limit_half_days=2,
        automatic=True,
        window=False,
    ),
)
