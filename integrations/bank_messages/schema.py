"""The schema of each ISO 20022 message, compiled once, for libxml2 to validate by.

The schema files themselves are not ours to keep. `pyiso20022` has every message as classes that xsdata made from
those files, with names, order, occurrence and facets; the standard's own naming rule (a type is a choice exactly when
its name ends in `Choice`) gives back the one thing that classes lose. So the schema is rebuilt from them, and the
validator is libxml2's: the library's own checks neither order nor choice.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache
from importlib import import_module
from types import NoneType
from typing import Any, Final, get_args, get_origin, get_type_hints

from lxml import etree
from xsdata.models.datatype import XmlDate, XmlDateTime, XmlPeriod

_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_SIMPLE: Final[Mapping[type, str]] = {
    str: "xs:string",
    bool: "xs:boolean",
    Decimal: "xs:decimal",
    bytes: "xs:base64Binary",
    XmlDate: "xs:date",
    XmlDateTime: "xs:dateTime",
    XmlPeriod: "period",
}
_FACETS: Final = (
    ("min_length", "minLength"),
    ("max_length", "maxLength"),
    ("pattern", "pattern"),
    ("total_digits", "totalDigits"),
    ("fraction_digits", "fractionDigits"),
    ("min_inclusive", "minInclusive"),
    ("max_inclusive", "maxInclusive"),
)


class Message(StrEnum):
    """The messages and versions that we speak; the 2019 set, which banks use together."""

    PAYMENT_ORDERS = "pain.001.001.09"
    PAYMENT_STATUS = "pain.002.001.10"
    STATEMENT = "camt.053.001.08"
    CREDIT_NOTICE = "camt.054.001.08"

    @property
    def namespace(self) -> str:
        """As the root element of the file must name it."""
        return f"urn:iso:std:iso:20022:tech:xsd:{self.value}"


@cache
def schema_of(name: str) -> etree.XMLSchema:
    """The compiled schema of a message such as `camt.053.001.08`. The first call costs some 0.3 s."""
    return etree.XMLSchema(schema_document(name))


def schema_document(name: str) -> etree._Element:
    """The schema as XML, rebuilt from the classes of `pyiso20022`."""
    module = name.replace(".", "_")
    root = import_module(f"pyiso20022.{name[:4]}.{module}.{module}").Document
    namespace = f"urn:iso:std:iso:20022:tech:xsd:{name}"
    names: Any = {None: namespace, "xs": _XS[1:-1]}  # the stubs know no default namespace
    schema = etree.Element(f"{_XS}schema", nsmap=names, targetNamespace=namespace, elementFormDefault="qualified")
    _add(schema, "element", name="Document", type="Document")
    period = _add(schema, "simpleType", name="period")
    _add(period, "union", memberTypes="xs:gYear xs:gYearMonth")  # xsdata keeps both as one class
    for cls in _reachable(root):
        _declare(schema, cls)
    return schema


def _reachable(root: type) -> list[type]:
    """The root's class and every class and enumeration that it is made of, once each."""
    found: dict[type, None] = {root: None}
    waiting = [root]
    while waiting:
        for _, hint in _fields(waiting.pop()):
            kind, _many = _plain(hint)
            if kind not in found and (dataclasses.is_dataclass(kind) or issubclass(kind, Enum)):
                found[kind] = None
                waiting.append(kind)
    return list(found)


def _fields(cls: type) -> Iterator[tuple[dataclasses.Field[Any], Any]]:
    if dataclasses.is_dataclass(cls):
        hints = get_type_hints(cls)
        for one in dataclasses.fields(cls):
            yield one, hints[one.name]


def _plain(hint: Any) -> tuple[type, bool]:
    """`None | list[X]` → (X, True): what it is, and whether many may stand there."""
    inner = [one for one in get_args(hint) if one is not NoneType]
    if get_origin(hint) is list:
        return _plain(inner[0])[0], True
    return _plain(inner[0]) if inner else (hint, False)


def _declare(schema: etree._Element, cls: type) -> None:
    if issubclass(cls, Enum):
        simple = _add(_add(schema, "simpleType", name=cls.__name__), "restriction", base="xs:string")
        for member in cls:
            _add(simple, "enumeration", value=str(member.value))
        return
    fields = list(_fields(cls))
    texts = [(one, hint) for one, hint in fields if "type" not in one.metadata]
    if texts:
        _declare_text(schema, cls, texts[0], [one for one in fields if one not in texts])
        return
    group = "choice" if cls.__name__.rstrip("0123456789").endswith("Choice") else "sequence"
    members = _add(_add(schema, "complexType", name=cls.__name__), group)
    for one, hint in fields:
        _declare_element(members, one, hint, chosen=group == "choice")


def _declare_text(
    schema: etree._Element,
    cls: type,
    text: tuple[dataclasses.Field[Any], Any],
    attributes: list[tuple[dataclasses.Field[Any], Any]],
) -> None:
    """Text with attributes, such as an amount with its currency."""
    base = f"{cls.__name__}_text"
    _restrict(_add(schema, "simpleType", name=base), text[0], _plain(text[1])[0])
    content = _add(_add(schema, "complexType", name=cls.__name__), "simpleContent")
    extension = _add(content, "extension", base=base)
    for one, hint in attributes:
        use = "required" if one.metadata.get("required") else "optional"
        attribute = _add(extension, "attribute", name=one.metadata["name"], use=use)
        _restrict(_add(attribute, "simpleType"), one, _plain(hint)[0])


def _declare_element(members: etree._Element, one: dataclasses.Field[Any], hint: Any, *, chosen: bool) -> None:
    kind, many = _plain(hint)
    meta = one.metadata
    if meta["type"] == "Wildcard":
        _add(members, "any", namespace="##any", processContents="lax")
        return
    least = max(int(chosen), meta.get("min_occurs", 0) if many else int(bool(meta.get("required"))))
    most = meta.get("max_occurs", "unbounded") if many else 1
    element = _add(members, "element", name=meta["name"], minOccurs=str(least), maxOccurs=str(most))
    if dataclasses.is_dataclass(kind) or issubclass(kind, Enum):
        element.set("type", kind.__name__)
    else:
        _restrict(_add(element, "simpleType"), one, kind)


def _restrict(simple: etree._Element, one: dataclasses.Field[Any], kind: type) -> None:
    restriction = _add(simple, "restriction", base=_SIMPLE[kind])
    for key, facet in _FACETS:
        if key in one.metadata:
            _add(restriction, facet, value=str(one.metadata[key]))


def _add(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, _XS + tag, attributes)
