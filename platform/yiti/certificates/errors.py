"""What can be wrong with a certificate."""

from kernel.errors import Conflict, Invalid, NotFound


class CertificateNotFound(NotFound):
    code = "certificate.not_found"
    default_message = "没有找到该证书或证明"


class AlreadyCancelled(Conflict):
    code = "certificate.cancelled"
    default_message = "该证书或证明已经注销"


class NothingToIssue(Invalid):
    code = "certificate.nothing_to_issue"
    default_message = "这类登记不颁发不动产权证书或者登记证明"


class NoSeparateCertificates(Invalid):
    code = "certificate.not_separate"
    default_message = "只有按份共有、份额齐全的权利人才能分别持证"
