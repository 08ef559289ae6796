"""Uploads: what a file is is read from its content."""

from io import BytesIO

import pytest
from PIL import Image, ImageFile

from tests.journeys.registration.county import CLERK, Desk, scan
from tests.journeys.registration.people import applicant, citizen, home_of, obligor, part
from tests.testbed import HOME
from yiti.cases.business import Business
from yiti.cases.service import MaterialNotFound
from yiti.journeys.registration import desk, uploads
from yiti.journeys.registration.errors import (
    MaterialUnknown,
    NotShared,
    UploadMislabelled,
    UploadRefused,
    UploadTooLarge,
    UploadTwice,
)

ALL = ("application/pdf", "image/jpeg", "image/png")


def picture(kind: str, size: tuple[int, int] = (400, 560)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, (10, 20, 30)).save(out, kind)
    return out.getvalue()


def _pdf(pages: int = 1) -> bytes:
    """The smallest PDF, with its cross-reference table."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count %d>>" % pages,
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj%sendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    return out + b"xref\n0 4\n0000000000 65535 f \n%strailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        table, start,
    )  # fmt: skip


MINIMAL_PDF = _pdf()


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("身份证.jpg", picture("JPEG"), "image/jpeg"),
        ("身份证.JPEG", picture("JPEG"), "image/jpeg"),
        ("C:\\我的文档\\合同.png", picture("PNG"), "image/png"),
        ("合同.pdf", MINIMAL_PDF, "application/pdf"),
    ],
)
async def test_a_good_file(name: str, data: bytes, found: str) -> None:
    upload = await uploads.inspected(name, data, ALL)
    assert upload.media_type == found
    assert "\\" not in upload.file_name


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("合同.pdf", b"", UploadRefused),
        ("合同.pdf", b"MZ\x90\x00 this program cannot be run", UploadRefused),
        ("合同.pdf", b"<html>%PDF-1.4</html>", UploadRefused),
        ("合同.pdf", picture("PNG"), UploadMislabelled),
        ("合同", picture("PNG"), UploadMislabelled),
        ("照片.png.exe", picture("PNG"), UploadMislabelled),
        ("合同.pdf", b"%PDF-1.4\nbroken", UploadRefused),
        ("合同.pdf", _pdf(pages=0), UploadRefused),
        ("照片.png", picture("PNG")[:-300], UploadRefused),
        ("照片.jpg", b"\xff\xd8\xff\xe0 no picture", UploadRefused),
        ("照片.png", picture("PNG", (20, 20)), UploadRefused),
        ("动画.gif", picture("GIF"), UploadRefused),
    ],
)
async def test_what_is_not_what_it_says(
    name: str, data: bytes, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint does when it is imported
    with pytest.raises(error):
        await uploads.inspected(name, data, ALL)


async def test_a_material_that_takes_only_pdf(office: Desk) -> None:
    with pytest.raises(UploadRefused, match="只接受PDF"):
        await uploads.inspected("照片.png", picture("PNG"), ("application/pdf",))


async def test_twenty_megabytes_and_no_more() -> None:
    with pytest.raises(UploadTooLarge):
        await uploads.inspected("大.pdf", b"%PDF-" + b"0" * uploads.LIMIT_BYTES, ALL)


async def test_attach_detach_and_no_duplicates(office: Desk) -> None:
    unit, _ = await home_of(office, seller := citizen())
    case = await office.drafted(part(Business.TRANSFER_RESALE, unit, applicant(citizen()), obligor(seller)))
    database, data = office.resources.database, scan()
    async with database.transaction(HOME) as tx:
        laid = await desk.attach(tx, office.resources, CLERK, case.id, "contract", "合同.png", data)
    with pytest.raises(UploadTwice, match="存量房买卖合同"):
        async with database.transaction(HOME) as tx:
            await desk.attach(tx, office.resources, CLERK, case.id, "identity", "身份证.png", data)
    with pytest.raises(MaterialUnknown):
        async with database.transaction(HOME) as tx:
            await desk.attach(tx, office.resources, CLERK, case.id, "nothing_such", "合同.png", scan())
    async with database.read(HOME) as reader:
        found, kept = await desk.material_file(reader, office.resources, CLERK, case.id, laid.id)
    assert (found.file_name, kept) == ("合同.png", data)
    async with database.transaction(HOME) as tx:
        await desk.detach(tx, CLERK, case.id, laid.id)
    with pytest.raises(MaterialNotFound):
        async with database.transaction(HOME) as tx:
            await desk.detach(tx, CLERK, case.id, laid.id)
    async with database.transaction(HOME) as tx:
        await desk.attach(tx, office.resources, CLERK, case.id, "contract", "合同.png", data)


async def test_what_is_obtainable_is_fetched(office: Desk) -> None:
    unit, _ = await home_of(office, seller := citizen())
    case = await office.drafted(part(Business.TRANSFER_RESALE, unit, applicant(citizen()), obligor(seller)))
    database = office.resources.database
    async with database.read(HOME) as reader:
        before = {item.code: item for item in (await desk.checklist(reader, case.id)).items}
    assert before["certificate"].obtainable
    assert before["tax_proof"].later
    assert not before["tax_proof"].missing
    for code in ("certificate", "identity"):
        async with database.transaction(HOME) as tx:
            laid = await desk.fetch_shared(tx, office.resources, CLERK, case.id, code)
            assert (laid.verified, laid.media_type, laid.unit_codes) == (True, "application/pdf", [unit.code])
            assert (await office.resources.blobs.get(laid.digest)).startswith(b"%PDF-")
    async with database.read(HOME) as reader:
        after = {item.code: item for item in (await desk.checklist(reader, case.id)).items}
    assert [one.verified for one in after["identity"].files] == [True]
    office.sandbox.http.put("/sharing/absent", json=["identity"]).raise_for_status()
    with pytest.raises(NotShared, match="请上传"):
        async with database.transaction(HOME) as tx:
            await desk.fetch_shared(tx, office.resources, CLERK, case.id, "identity")
    office.sandbox.http.put("/sharing/absent", json=[]).raise_for_status()
    for code in ("contract", "consent"):
        with pytest.raises(NotShared):
            async with database.transaction(HOME) as tx:
                await desk.fetch_shared(tx, office.resources, CLERK, case.id, code)
