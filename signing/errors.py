"""What can go wrong in signing, in words for the people who see it."""

from kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Unavailable


class UnknownLink(NotFound):
    code = "signing.unknown_link"
    default_message = "签署链接无效，请向发出链接的人（售楼部或者申请人）索取新的链接"


class LinkExpired(DomainError):
    status = 410
    code = "signing.link_expired"
    default_message = "签署链接已过期，请向发出链接的人（售楼部或者申请人）索取新的链接"


class CeremonyClosed(Conflict):
    code = "signing.closed"
    default_message = "本次签署已经结束或被撤销"


class CeremonyExpired(CeremonyClosed):
    code = "signing.expired"
    default_message = "签署期限已过，本次签署已经结束，需要时请联系发起签署的人重新发起"


class IdentityMismatch(Forbidden):
    code = "signing.identity_mismatch"
    default_message = "实名认证的姓名或证件号与签署人不一致，不能签署"


class NotIdentified(Forbidden):
    code = "signing.not_identified"
    default_message = "请先完成实名认证和人脸核验"


class IdentityExpired(Forbidden):
    code = "signing.identity_expired"
    default_message = "实名认证已超过有效时间，请重新认证后签署"


class ConsentMissing(Invalid):
    code = "signing.consent_missing"
    default_message = "请阅读并同意全部文件后再签名"


class PagesUnseen(Invalid):
    code = "signing.pages_unseen"
    default_message = "请逐页阅读全部文件后再签名"


class TooManyVisits(Conflict):
    code = "signing.too_many_visits"
    default_message = "打开签署页面的次数过多，请联系发出链接的人重新发起签署"


class BadHandwriting(Invalid):
    code = "signing.bad_handwriting"
    default_message = "手写签名无效，请重新书写"


class AlreadySigned(Conflict):
    code = "signing.already_signed"
    default_message = "您已签署过，无需重复签署"


class NotYourTurn(Conflict):
    code = "signing.not_your_turn"
    default_message = "还没有轮到您，须待前面的签署人全部签署后才能签署或者加盖印章"


class UnknownSeal(NotFound):
    code = "signing.unknown_seal"
    default_message = "该单位尚未制作电子印章"


class SealNotAllowed(Forbidden):
    code = "signing.seal_not_allowed"
    default_message = "该电子印章不得用于此类文件，或您无权使用"


class SignerRevoked(Forbidden):
    code = "signing.signer_revoked"
    default_message = "签名证书已被吊销，不能签署"


class UnknownCertificate(NotFound):
    code = "signing.unknown_certificate"
    default_message = "没有签发过此证书"


class BadPdf(Invalid):
    code = "signing.bad_pdf"
    default_message = "文件不是有效的 PDF，或已损坏、加密"


class FieldMissing(Invalid):
    code = "signing.field_missing"
    default_message = "文件中没有指定的签名位置"


class OutsideCaUnavailable(Unavailable):
    """The licensed authority does not answer; whoever waits for a signature tries again."""

    code = "signing.outside_ca_unavailable"
    default_message = "电子认证机构暂时不可用，未签署，恢复后自动继续"


class CertificateUnfit(Conflict):
    """The licensed authority refused, or made another certificate than the one asked for; a person has to look."""

    code = "signing.certificate_unfit"
    default_message = "电子认证机构签发的证书不符合申请"


class DocumentMoved(Conflict):
    """Compare-and-set on a document's revision failed: somebody else stored a newer one."""

    code = "signing.document_moved"
    default_message = "文件已被更新，请刷新后重试"


class TimestampUnavailable(Unavailable):
    code = "signing.timestamp_unavailable"
    default_message = "时间戳服务暂时不可用，未签署，请稍后重试"


class KeysUnavailable(Unavailable):
    """The token that holds the keys is away; whoever waits for a signature tries again."""

    code = "signing.keys_unavailable"
    default_message = "密码设备暂时不可用，未签署，请稍后重试"


class AuthorityEnded(Unavailable):
    """The issuing CA has a day left or less: what it made now would outlive it."""

    code = "signing.authority_ended"
    default_message = "签发证书的CA即将到期，须由平台运维单位启用新一代密钥（yiti pki rotate）后才能签署"


class PkiRefused(RuntimeError):
    """Start-up fault: this process must not work with the PKI that its settings name."""


class DevelopmentKeysRefused(PkiRefused):
    """Software keys, or a root of development, in a production environment."""


class PkiMissing(PkiRefused):
    """There is none in the folder, or a part of it is lost."""
