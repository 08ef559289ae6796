"""What can be wrong with an annotated copy."""

from kernel.errors import Conflict, NotFound


class CopyNotFound(NotFound):
    code = "annotated_copy.not_found"
    default_message = "没有找到该加注件"


class CertificateNotCurrent(Conflict):
    code = "annotated_copy.not_current"
    default_message = "只有现行有效、已经签发的证书或者证明才能开具加注件"


class TooManyCopies(Conflict):
    code = "annotated_copy.too_many"
    default_message = "该证书或者证明今天开具的加注件已达上限，请明天再办"
