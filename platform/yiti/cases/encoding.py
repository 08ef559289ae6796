"""Applications and facts as text and back: the same value always gives the same text, shares as `1/3`."""

from fractions import Fraction
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def encode(value: Any) -> str:
    """Canonical JSON (keys in order)."""
    return msgspec.json.encode(value, order="sorted", enc_hook=_plain).decode()


def decode(text: str, kind: type[T]) -> T:
    """The value again. Raises `msgspec.ValidationError` for text that is none."""
    return msgspec.json.decode(text, type=kind, dec_hook=_value)


def builtins(value: Any) -> Any:
    """The same as JSON columns keep it."""
    return msgspec.to_builtins(value, order="sorted", enc_hook=_plain)


def convert(document: Any, kind: type[T]) -> T:
    """From a JSON column."""
    return msgspec.convert(document, kind, dec_hook=_value)


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    message = f"cannot be kept in a case: {type(value).__name__}"
    raise NotImplementedError(message)


def _value(kind: type[Any], value: Any) -> Any:
    if kind is Fraction and isinstance(value, str):
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError) as error:
            message = "份额应当写成分数，例如 1/3"
            raise msgspec.ValidationError(message) from error
    message = f"not a {kind.__name__}"
    raise msgspec.ValidationError(message)
