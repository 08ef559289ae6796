"""What was added to a PDF after a signature, by revisions, in terms that a reader of the document knows.

Whether it was allowed is decided elsewhere (`signing.validation`); this only names it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.form_tools import enumerate_fields_in
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

from signing.reports import plain
from signing.schemas import Addition

_PAGE_PARTS = ("/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit")
_FIELD_PARTS = ("/V", "/AP", "/Rect", "/F")
_FILLED_IN = ("/Tx", "/Btn", "/Ch")
_ALL_FIELDS = ("/Sig", *_FILLED_IN)
_UPWARDS = frozenset({"/Parent", "/P", "/StructParent", "/Popup", "/Dest"})
_MOST_OBJECTS = 5_000
_MOST_PAGES = 2_000
_MOST_NAMED = 20

Ids = frozenset[int]


def by_revision(
    reader: PdfFileReader, first: int, signed: Mapping[int, Sequence[Addition]], *, closely: bool
) -> dict[int, tuple[Addition, ...]]:
    """What each revision from `first` on added; `signed` are the signatures of each. Only `closely` names pages."""
    found = {}
    for revision in range(first, reader.xrefs.total_revisions):
        named = [*signed.get(revision, ()), *_named(reader, revision, closely=closely)]
        if not named:
            named = [Addition(kind="structure" if closely else "invisible")]
        found[revision] = tuple(dict.fromkeys(named))
    return found


def signed_before(reader: PdfFileReader) -> bool:
    """Whether an earlier revision had a signature; for a file that shows none now."""
    return any(_holds_signature(reader.get_historical_resolver(number)) for number in range(reader.total_revisions))


def _holds_signature(revision: HistoricalResolver) -> bool:
    return any("/V" in field for _, field in _fields(revision, ("/Sig",)))


def _named(reader: PdfFileReader, revision: int, *, closely: bool) -> Iterator[Addition]:
    before, after = reader.get_historical_resolver(revision - 1), reader.get_historical_resolver(revision)
    changed = frozenset(ref.idnum for ref in after.explicit_refs_in_revision())
    if _touched(after.root, before.root, "/DSS", changed):
        yield Addition(kind="validation")
    if _touched(after.trailer_view, before.trailer_view, "/Info", changed) or _touched(
        after.root, before.root, "/Metadata", changed
    ):
        yield Addition(kind="metadata")
    yield from _removed(before, after)
    yield from _new_fields(before, after)
    yield from _filled(before, after, changed, _ALL_FIELDS if closely else _FILLED_IN)
    if closely:
        yield from _pages(before, after, changed)
        if any(_touched(after.root, before.root, key, changed) for key in ("/Names", "/AF")):
            yield Addition(kind="attachment")


def _touched(new: Any, old: Any, key: str, changed: Ids) -> bool:
    if key not in new:
        return key in old
    return key not in old or _differs(new, old, key) or bool(_reach(new.raw_get(key)) & changed)


def _differs(new: Any, old: Any, key: str) -> bool:
    ours, theirs = new.raw_get(key), old.raw_get(key)
    if isinstance(ours, generic.IndirectObject) and isinstance(theirs, generic.IndirectObject):
        return bool(ours.idnum != theirs.idnum)
    return bool(ours != theirs)


def _of(holder: Any, key: str) -> Any:
    """The value itself, where `get` gives a reference to it; None where there is none."""
    return holder[key] if key in holder else None  # noqa: SIM401


def _reach(start: Any) -> Ids:
    """Numbers of the objects below, without going upwards in the document."""
    seen: set[int] = set()
    waiting = [start]
    while waiting and len(seen) < _MOST_OBJECTS:
        item = waiting.pop()
        if isinstance(item, generic.IndirectObject):
            if item.idnum in seen:
                continue
            seen.add(item.idnum)
            item = item.get_object()
        if isinstance(item, generic.DictionaryObject):
            waiting += [item.raw_get(key) for key in item if key not in _UPWARDS]
        elif isinstance(item, generic.ArrayObject):
            waiting += [item.raw_get(place) for place in range(len(item))]
    return frozenset(seen)


def _removed(before: HistoricalResolver, after: HistoricalResolver) -> Iterator[Addition]:
    """Signatures that were there before; for one who signed earlier, their absence is no change."""
    left = {name: field for name, field in _fields(after, ("/Sig",)) if "/V" in field}
    for name, field in _fields(before, ("/Sig",)):
        if "/V" in field and (name not in left or _differs(left[name], field, "/V")):
            yield Addition(kind="signature_removed", name=name)


def _new_fields(before: HistoricalResolver, after: HistoricalResolver) -> Iterator[Addition]:
    known = {name for name, _ in _fields(before)}
    for name, _ in _fields(after):
        if name not in known:
            yield Addition(kind="field", name=name)


def _filled(
    before: HistoricalResolver, after: HistoricalResolver, changed: Ids, kinds: Sequence[str]
) -> Iterator[Addition]:
    """Fields whose value or look is another; one that was signed in this revision is named as its signature."""
    known = dict(_fields(before, kinds))
    for name, field in _fields(after, kinds):
        old = known.get(name)
        if old is None or ("/V" in field and "/V" not in old and _of(field, "/FT") == "/Sig"):
            continue
        if any(_touched(field, old, key, changed) for key in _FIELD_PARTS if key in field or key in old):
            yield Addition(kind="form", name=name)


def _fields(revision: HistoricalResolver, kinds: Sequence[str] = _ALL_FIELDS) -> Iterator[tuple[str, Any]]:
    form = _of(revision.root, "/AcroForm")
    fields = _of(form, "/Fields") if isinstance(form, generic.DictionaryObject) else None
    if fields is None:
        return
    for one in kinds:
        for name, _, reference in enumerate_fields_in(fields, refs_seen=set(), target_field_type=one):
            yield plain(name), reference.get_object()


def _pages(before: HistoricalResolver, after: HistoricalResolver, changed: Ids) -> Iterator[Addition]:
    old, new = dict(_leaves(before)), dict(_leaves(after))
    numbers = {place: number for number, place in enumerate(new, start=1)}
    for place in [place for place in new if place not in old][:_MOST_NAMED]:
        yield Addition(kind="page_added", name=str(numbers[place]))
    for number in [number for number, place in enumerate(old, start=1) if place not in new][:_MOST_NAMED]:
        yield Addition(kind="page_removed", name=str(number))
    for place in [place for place in new if place in old and _altered(old[place], new[place], changed)][:_MOST_NAMED]:
        yield Addition(kind="page_changed", name=str(numbers[place]))


def _altered(old: Any, new: Any, changed: Ids) -> bool:
    if any(_touched(new, old, key, changed) for key in _PAGE_PARTS):
        return True
    return _strange_annotations(old) != _strange_annotations(new)


def _strange_annotations(page: Any) -> int:
    """How many annotations there are that are no form fields."""
    found = [note.get_object() for note in _of(page, "/Annots") or ()]
    return sum(_of(note, "/Subtype") != "/Widget" for note in found if isinstance(note, generic.DictionaryObject))


def _leaves(revision: HistoricalResolver) -> Iterator[tuple[int, Any]]:
    """Pages by object number, in order; broken or endless trees end early."""
    seen: set[int] = set()
    waiting = [revision.root.raw_get("/Pages")]
    while waiting and len(seen) < _MOST_PAGES:
        item = waiting.pop()
        if not isinstance(item, generic.IndirectObject) or item.idnum in seen:
            continue
        seen.add(item.idnum)
        node = item.get_object()
        if not isinstance(node, generic.DictionaryObject):
            continue
        if "/Kids" in node:
            kids = node["/Kids"]
            waiting += [kids.raw_get(place) for place in reversed(range(len(kids)))]
        else:
            yield item.idnum, node
