"""Short messages to the people of a case, and to the holders of notices that end soon."""

from uuid import UUID

from sqlalchemy import select

import contracts.service as contracts
from integrations.sms import SmsGateway
from kernel.db import ReadSession
from kernel.outbox import Park
from yiti.cases import service as cases
from yiti.cases.models import Case
from yiti.certificates import service as certificates
from yiti.certificates.models import CANCELLED
from yiti.journeys.registration.correspondence import business_words
from yiti.register.models import RegisterEntry

SIGNATURE = "【一体不动产】"
_TEXTS = {
    "declined": "您发起的{what}申请（业务号{number}）有申请人不同意签署，原因请在“我要办”查看，可以修改后重新签署。",
    "expired": "您发起的{what}申请（业务号{number}）在签署期限内没有全部签署，已签的名作废，请在“我要办”重新提交签署。",
    "incomplete": "您发起的{what}申请（业务号{number}）各方签署后未能提交，原因请在“我要办”查看，补齐后需要重新签署。",
    "signed": "您参与的{what}申请（业务号{number}）各方均已签署，申请已提交不动产登记机构。",
    "correction": "您申请的{what}（业务号{number}）需要补正，请在“我要办”或窗口查看补正告知书，补正后继续办理。",
    "refused": "您申请的{what}（业务号{number}）经审核不予登记，理由和救济途径见不予登记告知书，可在“我要办”查看。",
    "frozen": "您申请的{what}（业务号{number}）因不动产被查封，依法暂停办理；查封解除后自动恢复。",
    "thawed": "您申请的{what}（业务号{number}）的查封已解除，已恢复办理。",
    "booked": "您申请的{what}（业务号{number}）已登簿。{papers}",
}
_TO_OPENER = frozenset({"declined", "expired", "incomplete"})
"""What only the one who filled in the form can do something about."""


async def tell(reader: ReadSession, sms: SmsGateway, case_id: UUID, what: str, key: str) -> None:
    """One text to every phone of the case. `Park` for an occasion without words."""
    if what not in _TEXTS:
        raise Park(f"没有这种通知：{what}")
    case = await cases.get(reader, case_id)
    papers = await _papers(reader, case) if what == "booked" else ""
    text = _TEXTS[what].format(what=business_words(case), number=case.number, papers=papers)
    for phone in await (_opener_s if what in _TO_OPENER else phones_of)(reader, case):
        await sms.send(phone, f"{SIGNATURE}{text}", f"{key}:{phone}", subject=f"case:{case.id}")


async def phones_of(reader: ReadSession, case: Case) -> tuple[str, ...]:
    """Every phone that the application names, once."""
    named = [one.phone for one in await cases.parties(reader, case.id)]
    return tuple(dict.fromkeys(phone for phone in (*named, _contact(case)) if phone))


async def _opener_s(reader: ReadSession, case: Case) -> tuple[str, ...]:
    """The phone of the citizen who filled in the form, where there is one."""
    own = (one.phone for one in await cases.parties(reader, case.id) if UUID(bytes=one.id_index[:16]) == case.opened_by)
    return tuple([phone for phone in (_contact(case), *own) if phone][:1])


def _contact(case: Case) -> str:
    return cases.application_of(case).contact_phone


async def _papers(reader: ReadSession, case: Case) -> str:
    made = [one for one in await certificates.of_case(reader, case.id) if one.state != CANCELLED]
    if not made:
        return "本次登记不颁发证书。"
    first = certificates.content_of(made[0])
    numbers = "、".join(one.number for one in made)
    return f"电子证照{numbers}，查看与验证：{first.verify_url}"


async def remind(reader: ReadSession, sms: SmsGateway, entry_id: UUID, words: str, key: str) -> int:
    """Tell the holders of a notice when it ends; how many were told. Nobody when it is closed meanwhile."""
    entry = await reader.scalar(select(RegisterEntry).where(RegisterEntry.id == entry_id))
    if entry is None or entry.closed_at is not None:
        return 0
    case = await cases.get(reader, entry.case_id)
    if case.contract_id is not None:
        frozen = await contracts.content_of(reader, await contracts.get(reader, case.contract_id))
        phones = tuple(dict.fromkeys(buyer.phone for buyer in frozen.buyers))
    else:
        phones = await phones_of(reader, case)
    for phone in phones:
        await sms.send(phone, f"{SIGNATURE}{case.location}的{words}", f"{key}:{phone}", subject=f"case:{case.id}")
    return len(phones)
