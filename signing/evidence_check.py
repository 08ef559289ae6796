"""Does the evidence of a ceremony hold? Judged from its data alone: no database, no network, no settings. Pure.

Reads formats 1 and 2 (see `signing.evidence`). Each check is a line for people; none raises on data made to confuse.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from signing.evidence_crypto import Broken, Certificates, assertion_of, check_signature, check_timestamp, names
from signing.reading import SHOWN_MS
from signing.rules import Link, chain_holds

FORMATS = ("yiti-signing-evidence/1", "yiti-signing-evidence/2")
_CLOCKS = timedelta(minutes=5)
"""How far the timestamp authority's clock and ours may differ."""


@dataclass(frozen=True)
class Finding:
    """One line of the answer. `ok` None: a remark, neither good nor bad."""

    ok: bool | None
    words: str


class NoEvidence(Exception):
    """Not evidence of ours at all."""


Told = Mapping[str, Any]
Event = Mapping[str, Any]


def read_told(content: bytes) -> Told:
    """The data. Raises NoEvidence."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise NoEvidence("不是证据数据（JSON）") from error
    if not isinstance(told, dict) or told.get("format") not in FORMATS:
        raise NoEvidence("不是签署证据数据，或者格式版本不能识别")
    return told


def certificates_of(told: Told, trusted: Sequence[bytes] = ()) -> Certificates:
    """All certificates in the data. Raises NoEvidence."""
    try:
        return Certificates([_bytes(one) for one in told.get("certificates", {}).values()], trusted)
    except (ValueError, TypeError, AttributeError) as error:
        raise NoEvidence("证据数据中的证书无法识别") from error


def check_told(told: Told, certificates: Certificates) -> Iterator[Finding]:
    """Everything that can be said without the documents."""
    yield from guarded("证据链", lambda: _chain(told))
    yield from guarded("文件摘要", lambda: _documents(told))
    yield from guarded("身份核验", lambda: _identities(told))
    yield from guarded("逐页显示与同意", lambda: _consents(told))
    yield from guarded("签名记录", lambda: _recorded(told))
    if "certificates" in told:
        for one in _list(told, "signatures"):
            yield from guarded("电子签名", lambda one=one: _signature(told, one, certificates))  # type: ignore[misc]
    else:
        yield Finding(None, "数据为旧格式，不含证书和签名值；请用所签文件核验电子签名")


def guarded(what: str, work: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """The findings of one check. Data made to confuse raises anything; then the check has failed, and others go on."""
    try:
        return list(work())
    except Broken as error:
        return [Finding(False, f"{what}：{error}")]
    except Exception as error:  # noqa: BLE001 - as above
        return [Finding(False, f"{what}：数据残缺或者被改动，无法核对（{type(error).__name__}）")]


def _list(told: Told, name: str) -> list[Any]:
    found = told.get(name, [])
    return found if isinstance(found, list) else []


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _events(told: Told, kind: str = "") -> list[Event]:
    bodies = [json.loads(one["body"]) for one in told["chain"]["events"]]
    return [one for one in bodies if kind in ("", one["kind"])]


def _chain(told: Told) -> Iterator[Finding]:
    links = [Link(one["sequence"], one["body"], one["previous"], one["digest"]) for one in told["chain"]["events"]]
    if not links or not chain_holds(told["ceremony"], links):
        raise Broken("逐节重新计算的摘要不相符，有的节被改动、增删或者调换")
    yield Finding(True, f"证据链共 {len(links)} 节，逐节重新计算，摘要全部相符，末节摘要 {links[-1].digest}")
    kinds = [one["kind"] for one in _events(told)]
    complete = kinds[0] == "opened" and kinds.count("completed") == 1 and told["status"] == "completed"
    words = "从发起到完成均有记录" if complete else "没有从发起到完成的全部记录，签署尚未完成"
    yield Finding(complete, f"证据链{words}")


def _documents(told: Told) -> Iterator[Finding]:
    """Each document goes from its original to its final revision by recorded steps only."""
    opened, signed = _events(told, "opened")[0]["detail"]["documents"], _events(told, "signed")
    prepared = {key: one for event in _events(told, "prepared") for key, one in event["detail"]["documents"].items()}
    final = _events(told, "completed")[-1]["detail"]["documents"]
    if {one["key"] for one in told["documents"]} != set(opened) or set(final) != set(opened):
        raise Broken("证据链与文件清单不是同一批文件")
    for one in told["documents"]:
        key, at = one["key"], prepared[one["key"]]
        for event in signed:
            if event["detail"]["document"] == key:
                if event["detail"]["before"] != at:
                    raise Broken(f"《{one['title']}》各次签署的版本不衔接")
                at = event["detail"]["after"]
        facts = (one["original_digest"], one["prepared_digest"], one["final_digest"])
        if facts != (opened[key], prepared[key], final[key]) or at != final[key]:
            raise Broken(f"《{one['title']}》的摘要与证据链不符")
        yield Finding(True, f"《{one['title']}》签署前、每次签署后的摘要首尾衔接，最终摘要 {final[key]}")


def _identities(told: Told) -> Iterator[Finding]:
    passed = {(one["signatory"], one["detail"]["reference"]): one["detail"] for one in _events(told, "identified")}
    assertions = {one["signatory"]: one for one in told["assertions"]}
    if {one["key"] for one in told["signatories"]} != set(_events(told, "opened")[0]["detail"]["signatories"]):
        raise Broken("签署人名单与发起签署时不一致")
    for one in told["assertions"]:
        detail = passed.get((one["signatory"], one["reference"]))
        if detail is None or any(detail[name] != one[name] for name in ("provider", "method", "verified_at", "digest")):
            raise Broken("核验记录与证据链不符")
    for person in told["signatories"]:
        if person["kind"] == "person":
            if person["key"] not in assertions:
                raise Broken(f"{person['name']} 没有实名核验记录")
            yield Finding(True, f"{person['name']} 签署前经实名核验，核验编号 {assertions[person['key']]['reference']}")


def _consents(told: Told) -> Iterator[Finding]:
    originals = {one["key"]: one["original_digest"] for one in told["documents"]}
    titles = {one["key"]: one["title"] for one in told["documents"]}
    consents = {one["signatory"]: one for one in _events(told, "consented")}
    steps = {(one["kind"], one["signatory"]): place for place, one in reversed(list(enumerate(_events(told))))}
    theirs = {(one["signatory"], one["document"]) for one in told["signatures"]}
    for person in told["signatories"]:
        if person["kind"] != "person":
            continue
        agreed = consents[person["key"]]["detail"]["documents"]
        if not steps["identified", person["key"]] < steps["consented", person["key"]] < steps["signed", person["key"]]:
            raise Broken(f"{person['name']} 核验身份、同意、签名的先后不对")
        if {(person["key"], key) for key in agreed} != {one for one in theirs if one[0] == person["key"]}:
            raise Broken(f"{person['name']} 同意的文件与所签的文件不一致")
        if any(one["content"] != originals[key] for key, one in agreed.items()):
            raise Broken(f"{person['name']} 同意的不是所签文件的内容")
        unknown = [titles[key] for key, one in agreed.items() if "viewing" not in one or not one["viewing"]["pages"]]
        for key, one in agreed.items():
            if titles[key] not in unknown:
                _expect_shown(person["name"], titles[key], one["viewing"])
        yield Finding(True, f"{person['name']} 对 {len(agreed)} 份文件逐份同意，内容与所签文件一致")
        if unknown:
            yield Finding(None, f"{person['name']}：没有逐页显示的记录（{'、'.join(unknown)}）")
        else:
            yield Finding(True, f"{person['name']} 同意以前，每份文件的每一页都在其屏幕上显示过")


def _expect_shown(name: str, title: str, viewing: Mapping[str, Any]) -> None:
    for page in range(1, viewing["pages"] + 1):
        if viewing["milliseconds"].get(str(page), 0) < SHOWN_MS:
            raise Broken(f"{name} 同意以前，《{title}》第{page}页没有显示过")


def _recorded(told: Told) -> Iterator[Finding]:
    """What is told of each signature is what the chain recorded when it was made, and nothing else was recorded."""
    recorded = sorted(_record(one["signatory"], one["detail"]) for one in _events(told, "signed"))
    listed = sorted(
        (one["signatory"], one["document"], one["field"], one["certificate_serial"], one["certificate_digest"],
         one["document_digest"])
        for one in told["signatures"]
    )  # fmt: skip
    if recorded != listed:
        raise Broken("签名清单与证据链的记录不一致")
    expected = {one["key"] for one in told["signatories"]}
    if not expected <= {one["signatory"] for one in told["signatures"]}:
        raise Broken("有的签署人没有签名")
    yield Finding(True, f"共 {len(listed)} 个电子签名，证书摘要和签后文件摘要与证据链逐一相符")


def _record(signatory: str, detail: Mapping[str, Any]) -> tuple[str, ...]:
    certificate = detail["certificate"]
    return (
        signatory, detail["document"], detail["field"], certificate["serial"], certificate["digest"], detail["after"],
    )  # fmt: skip


def _signature(told: Told, one: Mapping[str, Any], certificates: Certificates) -> Iterator[Finding]:
    """The signer's key over the digest, the timestamp over the signature, the certificate and its chain."""
    titles = {row["key"]: row["title"] for row in told["documents"]}
    people = {row["key"]: row for row in told["signatories"]}
    certificate, value = certificates.get(one["certificate_digest"]), _bytes(one["signature"])
    if f"{certificate.serial_number:x}" != one["certificate_serial"]:
        raise Broken("证书序列号不符")
    check_signature(certificate, _bytes(one["signed_attributes"]), value, one["message_digest"])
    at = check_timestamp(_bytes(one["timestamp"]), value, certificates)
    if at != datetime.fromisoformat(one["stamped_at"]) or abs(at - datetime.fromisoformat(one["signed_at"])) > _CLOCKS:
        raise Broken("签名时间与可信时间戳不符")
    certificates.root_of(certificate, at)
    person = people.get(one["signatory"])
    if person is not None:
        _expect_signer(told, person, certificate)
    who = "平台" if person is None else person["organisation"] if person["kind"] != "person" else person["name"]
    yield Finding(
        True, f"《{titles[one['document']]}》{who}的签名：签名值、证书链、可信时间戳（{at.isoformat()}）均有效"
    )


def _expect_signer(told: Told, person: Mapping[str, Any], certificate: Any) -> None:
    if person["kind"] == "person":
        references = {row["reference"] for row in told["assertions"] if row["signatory"] == person["key"]}
        if assertion_of(certificate) not in references:
            raise Broken(f"{person['name']} 的证书没有绑定其实名核验")
        wanted = person["name"]
    else:
        wanted = person["organisation"]
    if not any(wanted == name or wanted.startswith(name) for name in names(certificate)):
        raise Broken(f"证书不是签署人（{wanted}）的")
