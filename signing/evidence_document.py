"""The evidence as pages for a judge: everything printed is taken from the data that is attached. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from kernel.clock import SHANGHAI
from kernel.rendering import render_template
from signing.evidence_check import certificates_of
from signing.schemas import PLATFORM_NAME, EvidenceReport

EVIDENCE_TITLE = "签署证据报告"
ATTACHMENT = "evidence.json"
DIGEST_MARK = "evidence-sha256:"
"""Before the attachment's SHA-256 in the PDF's keywords."""
_ID_KINDS = {
    "resident_id": "居民身份证",
    "credit_code": "统一社会信用代码",
    "passport": "护照",
    "hk_macau_pass": "港澳居民来往内地通行证",
    "taiwan_pass": "台湾居民来往大陆通行证",
}
_EVENTS = {
    "opened": "发起签署，固定待签文件",
    "link_issued": "发出签署链接",
    "prepared": "设置签名位置，平台作认证签名",
    "identification_started": "开始实名核验",
    "identified": "实名核验通过",
    "consented": "逐页显示完毕，同意全部文件并手写签名",
    "seal_ordered": "经办人下达加盖电子印章指令",
    "signed": "电子签名写入文件",
    "declined": "不同意签署",
    "cancelled": "撤销签署",
    "expired": "签署期限届满，未完成签署",
    "completed": "各方签署完成",
}
_LONGEST_AGENT = 160


def report_html(evidence: EvidenceReport, made_at: datetime) -> str:
    """The pages of the evidence report."""
    told = json.loads(evidence.content)
    events = [json.loads(link["body"]) | link for link in told["chain"]["events"]]
    people = {one["key"]: one for one in told["signatories"]}
    titles = {one["key"]: one["title"] for one in told["documents"]}
    context: dict[str, Any] = {
        "title": EVIDENCE_TITLE,
        "platform": PLATFORM_NAME,
        "told": told,
        "digest": evidence.digest,
        "mark": DIGEST_MARK,
        "attachment": ATTACHMENT,
        "head": evidence.head,
        "made_at": made_at,
        "titles": titles,
        "identities": [_identity(one, people, events) for one in told["assertions"]],
        "consents": [_consent(event, people, titles) for event in events if event["kind"] == "consented"],
        "orders": [_order(event, people) for event in events if event["kind"] == "seal_ordered"],
        "signatures": told["signatures"],
        "roots": certificates_of(told).roots(),
        "events": [_link(event, people, titles) for event in events],
        "name": lambda key: _name(key, people),
        "id_kind": lambda kind: _ID_KINDS.get(kind, "其他证件"),
        "moment": moment,
    }
    return render_template("signing", "evidence_report.html", context)


def moment(at: str | datetime | None) -> str:
    """Legal time to the second."""
    if at is None:
        return "—"
    time = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{time.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def duration(milliseconds: int) -> str:
    """`75500` → 1分15秒; below a second, tenths."""
    if milliseconds < 1000:
        return f"{milliseconds / 1000:.1f}秒"
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes}分{seconds:02d}秒" if minutes else f"{seconds}秒"


def _name(key: str | None, people: Mapping[str, Mapping[str, Any]]) -> str:
    one = people.get(key or "")
    if one is None:
        return "平台"
    if one["kind"] == "person" and one["organisation"]:
        return f"{one['organisation']}（{one['name']}）"
    return str(one["organisation"] or one["name"])


def _identity(
    one: Mapping[str, Any], people: Mapping[str, Mapping[str, Any]], events: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any]:
    passed = (e["detail"] for e in events if e["kind"] == "identified")
    client = next((detail.get("client") for detail in passed if detail["reference"] == one["reference"]), None)
    return {**one, "name": _name(one["signatory"], people), "client": _client(client)}


def _consent(
    event: Mapping[str, Any], people: Mapping[str, Mapping[str, Any]], titles: Mapping[str, str]
) -> Mapping[str, Any]:
    detail = event["detail"]
    return {
        "name": _name(event["signatory"], people),
        "at": event["at"],
        "client": _client(detail.get("client")),
        "handwriting": detail["handwriting"],
        "documents": [_read(titles[key], one) for key, one in detail["documents"].items()],
    }


def _read(title: str, one: Mapping[str, Any]) -> Mapping[str, Any]:
    viewing = one.get("viewing")
    if not viewing:
        return {"title": title, "shown": one["shown"], "pages": "未记录", "spent": "未记录", "between": "未记录"}
    spent = {int(page): ms for page, ms in viewing["milliseconds"].items()}
    return {
        "title": title,
        "shown": one["shown"],
        "pages": f"{len(spent)}／{viewing['pages']}页",
        "spent": duration(sum(spent.values())),
        "between": f"{moment(viewing['first_at'])} 至 {moment(viewing['last_at'])}",
        "each": "　".join(f"第{page}页{duration(ms)}" for page, ms in sorted(spent.items())),
    }


def _client(client: Mapping[str, str] | None) -> str:
    """An agent is whatever a stranger's browser sends: only what can be printed of it."""
    if not client:
        return "未记录"
    agent = client["agent"].encode("ascii", "replace").decode()[:_LONGEST_AGENT]
    return f"{client['address']}；{''.join(one for one in agent if one.isprintable())}"


def _order(event: Mapping[str, Any], people: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    by = f"{event['detail'].get('actor_name', '')}（用户编号 {event['detail']['actor']}）"
    return {"name": _name(event["signatory"], people), "at": event["at"], "actor": by}


def _link(
    event: Mapping[str, Any], people: Mapping[str, Mapping[str, Any]], titles: Mapping[str, str]
) -> Mapping[str, Any]:
    whose = f"{_name(event['signatory'], people)}：" if event["signatory"] else ""
    words = f"{whose}{_EVENTS.get(event['kind'], event['kind'])}"
    return {**event, "words": words, "more": "；".join(_changes(event["detail"], titles))}


def _changes(detail: Mapping[str, Any], titles: Mapping[str, str]) -> Iterator[str]:
    if "document" in detail:
        yield f"《{titles[detail['document']]}》签名位置 {detail['field']}"
