"""A signed document over twenty years: keys change, certificates end, and each archive timestamp carries it on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from kernel.clock import now
from signing import pades
from signing.founding import create_pki
from signing.keys import SoftwareKeys
from signing.pades import Desk
from signing.pki import Pki
from signing.schemas import ValidationReport
from signing.timestamps import ResponderTimestamper
from signing.validation import Trust, validate_pdf
from tests.signing.making import contract
from tests.signing.material import OCSP

START = now()


@contextmanager
def after(years: float) -> Iterator[None]:
    with time_machine.travel(START + timedelta(days=365 * years), tick=False):
        yield


@pytest.fixture
def own(tmp_path: Path) -> Pki:
    return create_pki(tmp_path / "own", SoftwareKeys(b"x"), OCSP)


def desk(pki: Pki) -> Desk:
    return Desk(pki, ResponderTimestamper(pki))


async def judged(pki: Pki, pdf: bytes) -> ValidationReport:
    return await validate_pdf(pdf, Trust((pki.root.der,), await desk(pki).timestamper.standing(now())))


async def archived(pki: Pki) -> bytes:
    return await pades.archive_timestamp(await contract(pki, desk(pki)), desk(pki))


async def test_new_keys_do_not_touch_what_is_archived(own: Pki) -> None:
    """The old timestamp key is still answered for, although the time is given by another one."""
    pdf = await archived(own)
    with after(3):
        own.rotate()
    for years in (3.1, 9):
        with after(years):
            assert (await judged(own, pdf)).valid


async def test_it_ends_with_its_last_timestamp(own: Pki) -> None:
    pdf = await archived(own)
    with after(12.5):
        own.rotate()
        assert not (await judged(own, pdf)).valid


async def test_renewed_before_it_is_carried_on(own: Pki) -> None:
    pdf = await archived(own)
    with after(10):
        own.rotate()
        pdf = await pades.archive_timestamp(pdf, desk(own))
    for years in (10, 12.5, 16, 19.5):
        with after(years):
            report = await judged(own, pdf)
            assert report.valid, years
            assert {row.level for row in report.signatures} == {"B-LTA", "DTS"}


async def test_a_renewal_that_came_too_late_proves_nothing(own: Pki) -> None:
    pdf = await archived(own)
    with after(12.5):
        own.rotate()
        late = await pades.archive_timestamp(pdf, desk(own))
        assert not (await judged(own, late)).valid


async def test_a_lost_timestamp_key_is_noticed_in_the_last_one(own: Pki) -> None:
    """Nothing later holds it fast, so what is known of the key today counts."""
    pdf = await archived(own)
    lost = own.tsa.certificate.serial_number
    own.rotate()
    assert (await judged(own, pdf)).valid
    own.revoke(lost, now(), "密钥泄露")
    assert not (await judged(own, pdf)).valid
