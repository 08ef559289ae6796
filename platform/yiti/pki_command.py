"""`yiti pki`: the ceremonies around keys, for the operator at a terminal."""

import argparse
import asyncio
import hashlib
import sys
from collections.abc import Sequence

from kernel.clock import now
from kernel.db import Database
from kernel.errors import DomainError, Invalid
from kernel.permissions import system_actor
from kernel.rendering.fonts import font_files
from kernel.settings import Settings, get_settings
from signing import seals
from signing.errors import PkiRefused
from signing.founding import found_pki, open_pki
from signing.issued import OUTSIDE
from signing.pki import Pki
from signing.roots import Root
from signing.seal_policies import policy_of
from yiti.seal_desk.kinds import KIND_WORDS

_KINDS = {"person": "个人证书", "seal": "机构印章证书", "service": "时间戳和OCSP证书"}


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 done, 1 refused with the reason in Chinese."""
    asked = _parser().parse_args(arguments)
    settings = get_settings()
    try:
        lines = asked.does(settings, asked.opens(settings), asked)
    except (DomainError, PkiRefused) as error:
        print(f"✗ {error}", file=sys.stderr)  # noqa: T201  # it talks to a person at a terminal
        return 1
    for line in lines:
        print(line)  # noqa: T201  # as above
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="yiti pki", description="签名证书体系的密钥管理")
    commands = parser.add_subparsers(required=True, metavar="命令")

    def command(name: str, does: object, words: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=words, description=words)
        added.set_defaults(does=does, opens=open_pki)
        return added

    founding = command("init", _status, "建立证书体系（已有的不变），显示信任锚指纹")
    founding.set_defaults(opens=found_pki)
    command("status", _status, "显示各代签发CA、到期日和签发、吊销数量")
    rotate = command("rotate", _rotate, "启用新一代签发CA、时间戳和OCSP密钥；已签署的文件不受影响")
    rotate.add_argument("--root", action="store_true", help="同时启用新的根CA，由原根CA交叉认证，两者都受信任")
    issue = command("issue-seal", _issue_seal, "签发或者重新签发机构电子印章")
    issue.add_argument("--county", required=True, help="县代码，六位")
    issue.add_argument("--key", required=True, help="印章标识，如 county:411528:registration")
    issue.add_argument("--organisation", required=True, help="机构名称")
    issue.add_argument("--credit-code", required=True, help="统一社会信用代码")
    issue.add_argument("--kinds", required=True, help="可用于的文件种类，逗号分隔")
    allow = command("allow-kinds", _allow_kinds, "让在用的印章可以加盖更多种类的文件，证书不变")
    allow.add_argument("--county", required=True, help="县代码，六位")
    allow.add_argument("--key", required=True, help="印章标识")
    allow.add_argument("--kinds", required=True, help="增加的文件种类，逗号分隔")
    revoke = command("revoke", _revoke, "吊销证书或者印章，立即生效")
    revoke.add_argument("--reason", required=True, help="吊销原因")
    revoke.add_argument("--county", help="印章所在县的代码")
    which = revoke.add_mutually_exclusive_group(required=True)
    which.add_argument("--seal", help="印章标识")
    which.add_argument("--serial", help="证书序列号，十六进制")
    return parser


def _status(_settings: Settings, pki: Pki, _asked: argparse.Namespace) -> list[str]:
    lines = [_anchor(one) for one in pki.all_roots()]
    for number in range(1, pki.current.number + 1):
        one, state = pki.generation(number), "在用" if number == pki.current.number else "只应答，不签发"
        lines.append(f"第{number}代签发CA，{state}，{one.issuer.certificate.not_valid_after_utc:%Y-%m-%d} 到期")
        lines += _counted(pki, number)
    if pki.outside is not None:
        lines += [f"电子认证机构 {pki.outside.url}，签发个人和机构证书", *_counted(pki, OUTSIDE)]
    return lines


def _counted(pki: Pki, number: int) -> list[str]:
    return [
        f"  {_KINDS[kind]}：签发 {issued}，吊销 {revoked}"
        for (generation, kind), (issued, revoked) in pki.register.counts().items()
        if generation == number
    ]


def _anchor(root: Root) -> str:
    which = f"第{root.number}代信任锚" if root.number > 1 else "信任锚"
    certificate = root.credential.certificate
    return f"{which} {_fingerprint(root.credential.der)}，{certificate.not_valid_after_utc:%Y-%m-%d} 到期"


def _rotate(_settings: Settings, pki: Pki, asked: argparse.Namespace) -> list[str]:
    made = pki.rotate_root() if asked.root else pki.rotate()
    lines = [f"第{made.number}代签发CA已启用，指纹 {_fingerprint(made.issuer.der)}"]
    if asked.root:
        lines.insert(0, _anchor(pki.all_roots()[-1]))
        lines.append("请公布新信任锚的指纹；原信任锚继续有效，直至到期")
    return lines


def _issue_seal(settings: Settings, pki: Pki, asked: argparse.Namespace) -> list[str]:
    async def issue() -> str:
        async with Database(settings.database_url) as database, database.transaction(asked.county) as tx:
            seal = await seals.issue_anew(
                tx,
                system_actor(asked.county),
                pki,
                font_files(settings.assets_dir)[1],
                key=asked.key,
                organisation=asked.organisation,
                credit_code=asked.credit_code,
                document_kinds=_kinds(asked.kinds),
            )
            return seal.serial

    return [f"印章 {asked.key} 已签发，证书序列号 {asyncio.run(issue())}"]


def _kinds(text: str) -> list[str]:
    return [kind.strip() for kind in text.split(",") if kind.strip()]


def _allow_kinds(settings: Settings, _pki: Pki, asked: argparse.Namespace) -> list[str]:
    kinds = _kinds(asked.kinds)
    if unknown := [kind for kind in kinds if kind not in KIND_WORDS]:
        raise Invalid(f"没有这种文件：{'、'.join(unknown)}；可用的有 {'、'.join(KIND_WORDS)}")

    async def allow() -> tuple[list[str], bool]:
        async with Database(settings.database_url) as database, database.transaction(asked.county) as tx:
            seal = await seals.allow_kinds(tx, system_actor(asked.county), asked.key, kinds)
            policy = await policy_of(tx, seal)
            return list(seal.document_kinds), not set(kinds) <= policy.kinds

    allowed, withheld = asyncio.run(allow())
    lines = [f"印章 {asked.key} 现可用于：{'、'.join(KIND_WORDS.get(kind, kind) for kind in allowed)}"]
    return [*lines, "该印章已设用印规则，还须由印章管理员在“印章管理”中勾选新增的文件"] if withheld else lines


def _revoke(settings: Settings, pki: Pki, asked: argparse.Namespace) -> list[str]:
    if asked.serial:
        try:
            serial = int(asked.serial, 16)
            pki.revoke(serial, now(), asked.reason)
        except ValueError:
            raise Invalid("证书序列号应为十六进制数") from None
        return [f"证书 {asked.serial} 已吊销", *_also_there(pki, serial)]

    async def revoke() -> None:
        async with Database(settings.database_url) as database, database.transaction(asked.county) as tx:
            await seals.revoke_seal(tx, system_actor(asked.county), pki, asked.seal, asked.reason)

    if not asked.county:
        raise Invalid("吊销印章要用 --county 指明县代码")
    asyncio.run(revoke())
    return [f"印章 {asked.seal} 已吊销", *_also_there(pki, pki.seal(asked.seal).certificate.serial_number)]


def _also_there(pki: Pki, serial: int) -> list[str]:
    """We stop at once; that others hear of it is up to who made the certificate."""
    known = pki.register.find(serial)
    outside = known is not None and known.generation == OUTSIDE
    return ["本平台已停用；证书由电子认证机构签发，还须向其申请吊销"] if outside else []


def _fingerprint(der: bytes) -> str:
    return "SHA-256 " + hashlib.sha256(der).hexdigest()
