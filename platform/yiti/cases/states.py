"""The words of a case's life: where it stands, what it waits for, where it comes from, what can be done with it."""

from enum import StrEnum
from typing import Literal


class CaseStatus(StrEnum):
    """Where a case stands. What holds it up meanwhile is told by its flags."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    APPROVED = "approved"
    BOOKED = "booked"
    CLOSED = "closed"
    REJECTED = "rejected"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Flag(StrEnum):
    """What a case waits for; several may stand at once."""

    NEEDS_CORRECTION = "needs_correction"
    AWAITING_TAX = "awaiting_tax"
    AWAITING_HOUSING = "awaiting_housing"
    AWAITING_FEE = "awaiting_fee"
    AWAITING_SIGNATURE = "awaiting_signature"
    AWAITING_FUNDS = "awaiting_funds"
    ON_PUBLIC_NOTICE = "on_public_notice"
    FROZEN_BY_SEIZURE = "frozen_by_seizure"


class Channel(StrEnum):
    """Where a case comes from: the window, the citizens' pages, or the platform itself."""

    WINDOW = "window"
    ONLINE = "online"
    SYSTEM = "system"


class Action(StrEnum):
    """What can be done with a case."""

    SAVE = "save"
    ATTACH = "attach"
    SUBMIT = "submit"
    ACCEPT = "accept"
    REJECT = "reject"
    REQUEST_CORRECTION = "request_correction"
    CORRECT = "correct"
    DECIDE = "decide"
    RECHECK = "recheck"
    REVIEW = "review"
    SEND_BACK = "send_back"
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    ASK_TAX = "ask_tax"
    ANSWER_TAX = "answer_tax"
    ASK_HOUSING = "ask_housing"
    ANSWER_HOUSING = "answer_housing"
    ASK_FEE = "ask_fee"
    ANSWER_FEE = "answer_fee"
    ASK_SIGNATURE = "ask_signature"
    ANSWER_SIGNATURE = "answer_signature"
    ASK_FUNDS = "ask_funds"
    ANSWER_FUNDS = "answer_funds"
    PUBLISH = "publish"
    END_PUBLICATION = "end_publication"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    BOOK = "book"
    ISSUE = "issue"
    HAND_OVER = "hand_over"
    CLOSE = "close"


Which = Literal["tax", "housing", "fee", "signature", "funds"]
"""From whom an answer is awaited, or what the applicant still owes."""

STATUS_WORDS = {
    CaseStatus.DRAFT: "草稿",
    CaseStatus.SUBMITTED: "已提交",
    CaseStatus.ACCEPTED: "已受理",
    CaseStatus.APPROVED: "已核准",
    CaseStatus.BOOKED: "已登簿",
    CaseStatus.CLOSED: "已办结",
    CaseStatus.REJECTED: "不予受理",
    CaseStatus.REFUSED: "不予登记",
    CaseStatus.WITHDRAWN: "已撤回",
}
FLAG_WORDS = {
    Flag.NEEDS_CORRECTION: "待补正",
    Flag.AWAITING_TAX: "待完税",
    Flag.AWAITING_HOUSING: "待住建核验",
    Flag.AWAITING_FEE: "待缴登记费",
    Flag.AWAITING_SIGNATURE: "待签署",
    Flag.AWAITING_FUNDS: "待资金到账",
    Flag.ON_PUBLIC_NOTICE: "公告中",
    Flag.FROZEN_BY_SEIZURE: "因查封暂停",
}
CHANNEL_WORDS = {Channel.WINDOW: "窗口", Channel.ONLINE: "网上", Channel.SYSTEM: "系统"}
ACTION_WORDS = {
    Action.SAVE: "保存",
    Action.ATTACH: "收取材料",
    Action.SUBMIT: "提交",
    Action.ACCEPT: "受理",
    Action.REJECT: "不予受理",
    Action.REQUEST_CORRECTION: "通知补正",
    Action.CORRECT: "补正",
    Action.DECIDE: "自动审核",
    Action.RECHECK: "重新核验",
    Action.REVIEW: "审核",
    Action.SEND_BACK: "退回",
    Action.APPROVE: "核准",
    Action.REFUSE: "不予登记",
    Action.WITHDRAW: "撤回",
    Action.ASK_TAX: "提请税务核税",
    Action.ANSWER_TAX: "税务反馈",
    Action.ASK_HOUSING: "提请住建核验",
    Action.ANSWER_HOUSING: "住建反馈",
    Action.ASK_FEE: "通知缴纳登记费",
    Action.ANSWER_FEE: "登记费反馈",
    Action.ASK_SIGNATURE: "通知签署",
    Action.ANSWER_SIGNATURE: "签署完成",
    Action.ASK_FUNDS: "通知交付资金",
    Action.ANSWER_FUNDS: "资金反馈",
    Action.PUBLISH: "公告",
    Action.END_PUBLICATION: "公告结束",
    Action.FREEZE: "暂停办理",
    Action.UNFREEZE: "恢复办理",
    Action.BOOK: "登簿",
    Action.ISSUE: "缮证",
    Action.HAND_OVER: "发证",
    Action.CLOSE: "办结归档",
}
