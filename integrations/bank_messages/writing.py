"""Building a message: elements in the standard's order, checked by the same schema as what we receive."""

from typing import Any

from lxml import etree

from integrations.bank_messages.reading import LARGEST_FILE, LARGEST_STATEMENT, BadBankMessage, check_schema
from integrations.bank_messages.schema import Message


def start(message: Message, body: str) -> etree._Element:
    """A new message; returns its body, such as `BkToCstmrStmt`."""
    names: Any = {None: message.namespace}  # the stubs know no default namespace
    root = etree.Element(f"{{{message.namespace}}}Document", nsmap=names)
    return put(root, body)


def put(parent: etree._Element, path: str, text: str | None = None) -> etree._Element:
    """New elements one in another, the last with this text; returns the last."""
    namespace = parent.tag[: parent.tag.index("}") + 1]
    for name in path.split("/"):
        parent = etree.SubElement(parent, namespace + name)
    if text is not None:
        try:
            parent.text = text
        except ValueError as error:
            raise BadBankMessage("内容含不可见的控制字符", path) from error
    return parent


def put_if(parent: etree._Element, path: str, text: str) -> None:
    """The same, but nothing for an empty text: the standard knows no empty elements."""
    if text:
        put(parent, path, text)


def put_pieces(parent: etree._Element, path: str, text: str, longest: int) -> None:
    """A long text as a repeated element, each of at most `longest` characters. `Part.joined` puts them together."""
    for at in range(0, len(text), longest):
        put(parent, path, text[at : at + longest])


def finish(body: etree._Element, message: Message) -> bytes:
    """The file, valid by the schema and not larger than its receiver may read; else `BadBankMessage`."""
    root = body.getroottree().getroot()
    check_schema(root, message)
    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    largest = LARGEST_STATEMENT if message is Message.STATEMENT else LARGEST_FILE
    if len(data) > largest:
        raise BadBankMessage(f"文件超过 {largest // 1_000_000} MB，请分批")
    return data
