"""Every kind of document that a seal can be set on, by the name that its use policy has for it."""

BROUGHT = {
    "loan_contract": "借款（抵押）合同",
    "disbursement_letter": "放款函、付款通知",
    "settlement_letter": "贷款结清证明",
    "mortgage_release": "抵押注销证明",
    "fund_loan_notice": "公积金贷款通知书",
    "commitment_letter": "承诺函、同意函",
}
"""What an organisation brings as a PDF of its own; everything else the platform makes itself."""

KIND_WORDS = {
    "contract": "商品房买卖合同",
    "notice_application": "不动产登记申请书（预告登记）",
    "handover_agreement": "交房即交证约定",
    "proof": "不动产登记证明",
    "certificate": "不动产权证书",
    "annotated_copy": "证书、证明加注件",
    "acceptance_receipt": "受理凭证",
    "correction_notice": "补正告知书",
    "rejection": "不予受理告知书",
    "refusal": "不予登记告知书",
    "public_notice": "公告",
    "ownership_statement": "登记信息查询结果证明",
    "register_extract": "登记资料查询结果证明",
    "hand_over_receipt": "证书、证明领取回执",
    "payment_receipt": "税费电子缴款凭证",
    "maintenance_receipt": "住宅专项维修资金缴款凭证",
    "supervision_agreement": "商品房预售资金监管协议",
    **BROUGHT,
}
