"""Verification as the page and the machine interface do it: with limits for strangers, in one county or in all."""

from collections.abc import Collection
from functools import partial

from kernel.db import Database
from yiti.certificates.checking import DataCheck, Known, Validity, Verification, check_file
from yiti.portals.public.attached import code_in, compared, ours
from yiti.portals.public.papers import known_by_digest, verify_code
from yiti.portals.public.reports import REPORTS
from yiti.portals.public.stored import by_code as stored_by_code
from yiti.portals.public.stored import by_digests
from yiti.portals.public.throttle import UNKNOWN_CODES, UPLOADS, admit
from yiti.resources import Resources

FILE_LIMIT = 5 * 1024 * 1024


async def by_code(resources: Resources, county: str, code: str, address: str) -> Verification:
    """What the books say of the paper with this code; TooManyAttempts after too many codes that do not exist."""
    async with resources.database.read(county) as reader:
        found = await verify_code(reader, code)
    if found.validity is Validity.NOT_OURS:
        await admit(resources.database, county, UNKNOWN_CODES, address)
    return found


async def by_file(resources: Resources, counties: Collection[str], pdf: bytes, address: str) -> Verification:
    """What its signatures say of a file, and what the books of these counties (one at least) say of it today.

    Raises Invalid on what is no PDF, TooManyAttempts, and Unavailable when the check takes too long.
    """
    await admit(resources.database, next(iter(counties)), UPLOADS, address)
    find, data = partial(_known, resources.database, counties), partial(_data, resources, counties)
    return await check_file(pdf, find, partial(REPORTS.validated, validate=resources.signing.validate_pdf), data)


async def _known(database: Database, counties: Collection[str], digests: list[str]) -> dict[str, Known]:
    found: dict[str, Known] = {}
    for county in counties:
        async with database.read(county) as reader:
            found |= await known_by_digest(reader, digests)
    return found


async def _data(resources: Resources, counties: Collection[str], pdf: bytes, digests: list[str]) -> DataCheck | None:
    """By its digest a file is some paper's whatever its data say; without, the data say whose they claim to be."""
    files = ours((await resources.signing.look_into(pdf)).attached)
    codes = [code for one in files if (code := code_in(one))]
    for county in counties:
        async with resources.database.read(county) as reader:
            stored = await by_digests(reader, digests)
            for code in codes if stored is None else ():
                stored = stored or await stored_by_code(reader, code)
        if stored is not None:
            return compared(stored, files)
    return None
