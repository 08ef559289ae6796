"""The forms of the citizens' pages."""

import base64
import binascii

import msgspec
from msgspec import Struct

from kernel.errors import Invalid
from signing.errors import BadHandwriting
from signing.schemas import Viewing

PICTURE_LIMIT = 200 * 1024
_PREFIX = "data:image/png;base64,"


class SignForm(Struct, kw_only=True):
    """Consent and signature: `agreed` holds the keys of the documents, `handwriting` a PNG as data URL, `viewed` what
    the page has shown (JSON of `Viewing`)."""

    agreed: list[str] | str = []
    handwriting: str = ""
    viewed: str = ""


class ViewedForm(Struct, kw_only=True):
    """What the page has shown so far: JSON of `Viewing`."""

    viewed: str = ""


class IdentifyForm(Struct, kw_only=True):
    """Who wants to sign in; the identity service checks it."""

    name: str = ""
    id_no: str = ""
    next: str = ""


class ReasonForm(Struct, kw_only=True):
    """Why a filed contract shall be cancelled, or an application is not signed."""

    reason: str = ""


class PurposeForm(Struct, kw_only=True):
    """What a proof is for, and of which unit."""

    purpose: str = ""
    unit_id: str = ""


def viewing(told: str) -> Viewing:
    """The page's report of what it showed. Raises Invalid."""
    try:
        return msgspec.json.decode(told, type=Viewing)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise Invalid("阅读记录无法识别，请刷新页面后重新阅读", field="viewed") from error


def handwriting_png(data_url: str) -> bytes:
    """The bytes of the drawing; whether they are a good PNG is checked by signing. Raises BadHandwriting."""
    if not data_url:
        raise BadHandwriting("请在签名框内手写签名", field="handwriting")
    if not data_url.startswith(_PREFIX):
        raise BadHandwriting("手写签名不是有效的 PNG 图片", field="handwriting")
    if len(data_url) > len(_PREFIX) + PICTURE_LIMIT * 4 // 3 + 4:
        raise BadHandwriting("手写签名图片过大（最多 200 KB），请清除后重写", field="handwriting")
    try:
        return base64.b64decode(data_url.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise BadHandwriting("手写签名不是有效的 PNG 图片", field="handwriting") from error
