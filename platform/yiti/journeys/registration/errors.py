"""What can stand in the way of an application, in words."""

from kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge, TooManyAttempts


class UploadTooLarge(TooLarge):
    """More than 20 MB."""

    code = "registration.upload_too_large"
    default_message = "单个文件不能超过20MB，请压缩或者分成几个文件上传"


class UploadRefused(Invalid):
    """The file is broken, empty, locked, or of a type that the material does not accept."""

    code = "registration.upload_refused"


class UploadMislabelled(UploadRefused):
    """The content is not what the file's name says."""

    code = "registration.upload_mislabelled"


class UploadTwice(Conflict):
    """The same bytes are already with the case."""

    code = "registration.upload_twice"
    default_message = "该文件已经上传，请勿重复上传"


class MaterialUnknown(Invalid):
    """The business has no such material."""

    code = "registration.material_unknown"
    default_message = "本业务没有这项材料"


class NotShared(Conflict):
    """The material cannot be fetched: no shared source, not connected, or the source has no record."""

    code = "registration.not_shared"
    default_message = "该材料暂时不能共享获取，请上传"


class NotYours(NotFound):
    """Not this applicant's case; others learn nothing, not even that it exists."""

    code = "case.not_found"
    default_message = "没有找到业务件"


class ApplicationIncomplete(Invalid):
    """What the form still lacks. `extra["problems"]`: field → words."""

    code = "registration.application_incomplete"
    default_message = "申请信息不完整，请按提示补全"


class MaterialsMissing(Invalid):
    """Required materials are not there. `extra["missing"]`: their names."""

    code = "registration.materials_missing"


class PurposeMissing(Invalid):
    """条例 art. 27: who searches says why."""

    code = "registration.purpose_missing"
    default_message = "请填写查询用途（条例第二十七条：不得将查询获得的资料用于其他目的）"


class SearchForbidden(Forbidden):
    """Only holders, interested parties and staff on duty see the book."""

    code = "registration.search_forbidden"
    default_message = "您只能查询本人名下的不动产"


class RequestUnknown(NotFound):
    """No such request of a case in this county."""

    code = "registration.request_unknown"
    default_message = "没有找到该项核验申请"


class RefundDiffers(Conflict):
    """The treasury reports another repayment than was ordered; nothing was noted."""

    code = "registration.refund_differs"
    default_message = "退费结果与退费申请不一致，未予记载，请与非税收入收缴系统核对"


class RequestAnswered(Conflict):
    """It has its answer already."""

    code = "registration.request_answered"
    default_message = "该项核验已有结果"


class NoOneCode(Conflict):
    """Tax was assessed for payment by one code, which this county has not."""

    code = "registration.no_one_code"
    default_message = "本县未开通一码付，核税后请在税务部门缴纳，并反馈完税结果"


class PaidByOneCode(Conflict):
    """The case's bill is paid; what it says is being taken into the case."""

    code = "registration.paid_by_one_code"
    default_message = "该业务件的一码付账单已缴款，无需另行录入"


class NotSigned(Conflict):
    """An online application is handed in by the signatures of everybody who makes it, not by a button."""

    code = "registration.not_signed"
    default_message = "网上申请须由全体申请人签署后提交"


class AllSigned(Conflict):
    """The last signature is in place: the application is just being handed in."""

    code = "registration.all_signed"
    default_message = "各方均已签署，申请正在自动提交，请稍候再看"


class NothingToSign(Conflict):
    """There is no signature of this person missing."""

    code = "registration.nothing_to_sign"
    default_message = "目前没有需要您签署的文件"


class InvitedJustNow(TooManyAttempts):
    """A link was sent less than a minute ago."""

    code = "registration.invited_just_now"
    default_message = "链接刚刚发送过，请一分钟后再试"
