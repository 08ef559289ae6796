"""The kinds of business (业务类型) of the registration centre."""

from enum import StrEnum


class Business(StrEnum):
    """One code each, never reused; names, materials, rules and limits are in the catalogue."""

    # 首次
    FIRST_REGISTRATION = "first_registration"
    # 转移
    TRANSFER_NEW_HOME = "transfer_new_home"
    TRANSFER_RESALE = "transfer_resale"
    TRANSFER_GIFT = "transfer_gift"
    TRANSFER_DIVISION = "transfer_division"
    TRANSFER_INHERITANCE = "transfer_inheritance"
    TRANSFER_BEQUEST = "transfer_bequest"
    TRANSFER_EXCHANGE = "transfer_exchange"
    TRANSFER_JUDGMENT = "transfer_judgment"
    # 变更
    CHANGE_HOLDER = "change_holder"
    CHANGE_PROPERTY = "change_property"
    CHANGE_TERM = "change_term"
    SPLIT = "split"
    MERGER = "merger"
    # 注销、更正、异议
    OWNERSHIP_CANCELLATION = "ownership_cancellation"
    CORRECTION = "correction"
    CORRECTION_EX_OFFICIO = "correction_ex_officio"
    OBJECTION = "objection"
    OBJECTION_CANCELLATION = "objection_cancellation"
    # 预告
    PRESALE_NOTICE = "presale_notice"
    PRESALE_NOTICE_CANCELLATION = "presale_notice_cancellation"
    PRESALE_MORTGAGE_NOTICE = "presale_mortgage_notice"
    PRESALE_MORTGAGE_NOTICE_CANCELLATION = "presale_mortgage_notice_cancellation"
    SALE_NOTICE = "sale_notice"
    SALE_NOTICE_CANCELLATION = "sale_notice_cancellation"
    MORTGAGE_NOTICE = "mortgage_notice"
    MORTGAGE_NOTICE_CANCELLATION = "mortgage_notice_cancellation"
    # 抵押
    MORTGAGE = "mortgage"
    MAXIMUM_MORTGAGE = "maximum_mortgage"
    MORTGAGE_FROM_NOTICE = "mortgage_from_notice"
    MORTGAGE_TRANSFER = "mortgage_transfer"
    MORTGAGE_CHANGE = "mortgage_change"
    MORTGAGE_CANCELLATION = "mortgage_cancellation"
    CONSTRUCTION_MORTGAGE = "construction_mortgage"
    CONSTRUCTION_MORTGAGE_CANCELLATION = "construction_mortgage_cancellation"
    # 居住权、地役权
    RESIDENCE = "residence"
    RESIDENCE_CANCELLATION = "residence_cancellation"
    EASEMENT = "easement"
    EASEMENT_CANCELLATION = "easement_cancellation"
    # 查封
    SEIZURE = "seizure"
    SEIZURE_RENEWAL = "seizure_renewal"
    SEIZURE_LIFTING = "seizure_lifting"
    # 其他
    CERTIFICATE_REPLACEMENT = "certificate_replacement"
    CERTIFICATE_LOSS = "certificate_loss"
    LAPSE = "lapse"
