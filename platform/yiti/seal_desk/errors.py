"""What can go wrong at the seal desk."""

from kernel.errors import Conflict, Invalid, NotFound, TooLarge


class UnknownFile(NotFound):
    code = "seal_desk.unknown_file"
    default_message = "本单位没有这份用印文件"


class FileUnfit(Invalid):
    """No seal can be set on what was uploaded; the message says why."""

    code = "seal_desk.unfit"


class FileTooLarge(TooLarge):
    """What is sealed must stay small enough for the public page that verifies it."""

    code = "seal_desk.too_large"
    default_message = "文件超过4 MB，请压缩后上传"


class FileDecided(Conflict):
    code = "seal_desk.decided"
    default_message = "这份文件已经提交盖章或者已作废，请刷新页面查看"
