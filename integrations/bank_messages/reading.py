"""The one door for a bank's XML: nothing is built from a file before it has passed here.

First a look that builds nothing (size, encoding, number of tags and attributes, DTD), then the tree, which libxml2
itself keeps under 256 levels, then the schema, which knows every element and attribute. A DTD is refused where it
begins, so no entity is ever declared, let alone expanded or fetched.
"""

from collections.abc import Mapping
from functools import lru_cache
from threading import Lock
from typing import Any, Final, NoReturn
from xml.parsers import expat

from lxml import etree

from integrations.bank_messages.schema import Message, schema_of
from kernel.errors import Invalid

LARGEST_FILE: Final = 5_000_000
LARGEST_STATEMENT: Final = 20_000_000
"""Bytes. A day of 10,000 entries, each with its party and references, takes 8 MB, indented 17 MB."""
MOST_MARKS: Final = 1_500_000
"""Tags and attributes in a file, so that no tree outgrows the memory. 10,000 entries have half of that."""

_FAULTS: Final[Mapping[str, str]] = {
    "SCHEMAV_ELEMENT_CONTENT": "缺少必填项，或出现了不应在此处的项",
    "SCHEMAV_CVC_MINLENGTH_VALID": "内容不得为空",
    "SCHEMAV_CVC_MAXLENGTH_VALID": "内容超过规定长度",
    "SCHEMAV_CVC_PATTERN_VALID": "内容不符合规定格式",
    "SCHEMAV_CVC_ENUMERATION_VALID": "内容不在规定的代码之内",
    "SCHEMAV_CVC_MININCLUSIVE_VALID": "数值小于允许的最小值",
    "SCHEMAV_CVC_TOTALDIGITS_VALID": "数值位数过多",
    "SCHEMAV_CVC_FRACTIONDIGITS_VALID": "小数位数过多",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": "内容不是规定的数值、日期或代码",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "出现了标准以外的属性",
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "缺少必填属性（如币种）",
}
"""By libxml2's name of the fault; whatever is not here is told in general words."""

_ONE_AT_A_TIME: Final = Lock()
"""A compiled schema keeps the faults of its last file: another thread's must not be told as ours."""


class BadBankMessage(Invalid):
    """A bank's file, or one meant for a bank, that may not be used. Tells the place (`path`) and the fault."""

    code = "integrations.bad_bank_message"
    default_message = "银行报文有误"

    def __init__(self, fault: str, path: str = "") -> None:
        message = f"银行报文有误（{path}）：{fault}" if path else f"银行报文有误：{fault}"
        super().__init__(message, extra={"path": path, "fault": fault})


class Part:
    """An element of a checked message. Paths are plain names, such as `Refs/EndToEndId`, within the message."""

    __slots__ = ("_element", "_namespace")

    def __init__(self, element: etree._Element, namespace: str) -> None:
        self._element = element
        self._namespace = namespace

    def maybe(self, path: str) -> "Part | None":
        """The first such part, if there is one; on the way too it goes by the first of each name."""
        found = self._first(path)
        return None if found is None else Part(found, self._namespace)

    def one(self, path: str) -> "Part":
        """The first such part; the standard may leave it out, but we cannot do without it."""
        found = self.maybe(path)
        if found is None:
            self.refuse(f"缺少 {path}")
        return found

    def all(self, path: str) -> list["Part"]:
        """Every such part, in the file's order."""
        return [
            Part(found, self._namespace) for found in self._element.findall("/".join(_qualified(path, self._namespace)))
        ]

    def text(self, path: str = "") -> str:
        """The text there without blanks around it; empty where nothing stands."""
        found = self._first(path)
        return "" if found is None else (found.text or "").strip()

    def needed(self, path: str) -> str:
        """The text there, which must say something."""
        return self.one(path).text() or self.one(path).refuse("内容不得为空")

    def joined(self, path: str) -> str:
        """The texts of a repeated part, put together: long words are cut into several pieces by the sender."""
        return "".join(
            found.text or "" for found in self._element.iterfind("/".join(_qualified(path, self._namespace)))
        ).strip()

    def attribute(self, name: str) -> str:
        """An attribute; empty without it."""
        return str(self._element.get(name, ""))

    def refuse(self, fault: str) -> NoReturn:
        """Raise `BadBankMessage` for this place."""
        raise BadBankMessage(fault, path_of(self._element))

    def _first(self, path: str) -> etree._Element | None:
        found = self._element
        for name in _qualified(path, self._namespace):
            child = next(found.iterchildren(name), None)  # much quicker than `find`
            if child is None:
                return None
            found = child
        return found


def read(data: bytes, message: Message) -> Part:
    """The root's content of one message of exactly this kind and version; else `BadBankMessage`."""
    _look_through(data, LARGEST_STATEMENT if message is Message.STATEMENT else LARGEST_FILE)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        told: Any = error  # the stubs know no code
        over = told.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT
        fault = "嵌套过深或一项内容过长" if over else f"不是完整的 XML 文件（第 {error.lineno} 行）"
        raise BadBankMessage(fault) from error
    if root.tag != f"{{{message.namespace}}}Document":
        raise BadBankMessage(f"报文类型或版本不符，应为 {message.value}", path_of(root))
    check_schema(root, message)
    return Part(root[0], message.namespace)


def check_schema(root: etree._Element, message: Message) -> None:
    """Refuse a message that is not valid by its schema, naming the first fault."""
    schema = schema_of(message.value)
    with _ONE_AT_A_TIME:
        if schema.validate(root):
            return
        log: Any = schema.error_log  # the stubs do not know that it can be walked
        error = next(iter(log))
    found: Any = root.getroottree().xpath(error.path)
    raise BadBankMessage(_FAULTS.get(error.type_name, "不符合报文标准"), path_of(found[0]))


def path_of(element: etree._Element) -> str:
    """Where an element stands, in the standard's own names: `BkToCstmrStmt/Stmt/Ntry[3]/Amt`."""
    path = str(element.getroottree().getelementpath(element))
    return etree.QName(element).localname if path == "." else _strip_namespaces(path)


def _look_through(data: bytes, largest: int) -> None:
    """Everything that must be known before a tree is built; builds nothing."""
    if len(data) > largest:
        raise BadBankMessage(f"文件超过 {largest // 1_000_000} MB")
    if b"\0" in data:
        raise BadBankMessage("文件含空字符，报文须用 UTF-8 编码")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadBankMessage(f"文件不是 UTF-8 编码（第 {error.start + 1} 字节）") from error
    if data.count(b"<") + data.count(b"=") > MOST_MARKS:
        raise BadBankMessage("文件的项数过多")
    _read_prologue(data)


def _read_prologue(data: bytes) -> None:
    """Streams only as far as the root element: a DTD can stand nowhere else."""
    parser = expat.ParserCreate("utf-8")
    parser.XmlDeclHandler = _check_declaration
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler = _stop
    try:
        parser.Parse(data, True)
    except _RootReached:
        return
    except expat.ExpatError as error:
        raise BadBankMessage(f"不是完整的 XML 文件（第 {error.lineno} 行）") from error


class _RootReached(Exception):
    """The look is over."""


def _check_declaration(version: str, encoding: str | None, _standalone: int) -> None:
    if version != "1.0":
        raise BadBankMessage("XML 版本须为 1.0")
    if encoding is not None and encoding.lower() not in {"utf-8", "utf8"}:
        raise BadBankMessage("文件声明的编码不是 UTF-8")


def _refuse_document_type(_name: str, _system: str | None, _public: str | None, _internal: int) -> None:
    raise BadBankMessage("文件含 DTD 或实体声明，已拒收")


def _stop(_name: str, _attributes: dict[str, str]) -> None:
    raise _RootReached


@lru_cache(maxsize=512)
def _qualified(path: str, namespace: str) -> tuple[str, ...]:
    return tuple(f"{{{namespace}}}{name}" for name in path.split("/")) if path else ()


def _strip_namespaces(path: str) -> str:
    return "".join(piece.partition("}")[2] or piece for piece in path.split("{"))
