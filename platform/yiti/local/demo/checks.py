"""What must not work, and what everybody may check: tried on a sale that has just been made."""

from io import BytesIO

from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from yiti.local.demo.browser import Browser, Page, StepFailed
from yiti.local.demo.play import COUNTY, SaleInPlay

_OVERPAINT = b"q 1 1 1 rg 60 300 400 200 re f Q"


def second_sale(sale: SaleInPlay) -> str:
    """The clerk still has the unit's page open from before, and presses the button again; returns the refusal."""
    answer = sale.clerk.send(sale.unit_form)
    if answer.status != 409:
        raise StepFailed(f"已售房屋再次签约应被拒绝（409），实际回答 {answer.status}：{answer.path}")
    return answer.complaint


def unpaid(sale: SaleInPlay) -> tuple[list[str], str]:
    """Only the down payment arrives: what the page says is missing, and how a submission all the same is refused.

    The sale is given up at the end, and the money goes back.
    """
    sale.sign_in()
    notices = sale.order_payment(sale.draft())
    with sale.timeline.stage("银行确认"):
        sale.stage.world.pay(notices[0])
        page = sale.clerk.wait(sale.url, lambda page: page if len(_missing(page)) == 1 else None, "首付款到账")
    words = _missing(page)
    forced = page.form("/abandon")
    forced.element.action = f"{sale.url}/submit"
    answer = sale.clerk.send(forced)
    if answer.status != 409:
        raise StepFailed(f"款项未到账时提交应被拒绝（409），实际回答 {answer.status}：{answer.complaint}")
    sale.clerk.submit(sale.clerk.get(sale.url).form("/abandon").fill({"reason": "买受人未按期缴款，双方同意作废"}))
    sale.clerk.wait(sale.url, lambda page: page if "已退回" in page.text else None, "首付款退回")
    return words, answer.complaint


def _missing(page: Page) -> list[str]:
    return [" ".join(item.text_content().split()) for part in page.tree.find_class("alert") for item in part.iter("li")]


def verify(web: str, link: str, proof: bytes) -> list[str]:
    """The proof by its code, by its file, and two forgeries of it; returns what the pages said."""
    with Browser(web) as anybody:
        by_code = _expect(anybody.get(link), "有效")
        by_file = _expect(_upload(anybody, proof), "有效")
        if "完全一致" not in by_file:
            raise StepFailed(f"原始证明应与签发时一致，页面说：{by_file}")
        changed = _expect(_upload(anybody, _one_byte_changed(proof)), "已被篡改")
        painted = _expect(_upload(anybody, _painted_over(proof)), "文件已被改动")
    return [f"验证码查验：{by_code}", f"上传原件：{by_file}", f"改动一个字节：{changed}", f"签章后涂改：{painted}"]


def _upload(anybody: Browser, pdf: bytes) -> Page:
    form = anybody.get(f"/verify/{COUNTY}").form("/verify").fill({"county": COUNTY})
    return anybody.submit(form, files={"file": ("proof.pdf", pdf, "application/pdf")})


def _expect(page: Page, verdict: str) -> str:
    """What the result page says, first things first."""
    faces = page.tree.find_class("done-face")
    said = [" ".join(element.text_content().split()) for face in faces for element in face.iter("h2", "p")]
    if not said or said[0] != verdict:
        raise StepFailed(f"查验结果应为“{verdict}”，页面说：{'，'.join(said) or page.complaint}")
    told = [*said[:2], page.complaint]
    return "；".join(words.rstrip("。") for words in dict.fromkeys(told) if words)


def _one_byte_changed(pdf: bytes) -> bytes:
    place = pdf.index(b"stream") + len(b"stream") + 20
    return pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]


def _painted_over(pdf: bytes) -> bytes:
    """White paint over the proof in an incremental update: readers that only check the signature call it valid."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    writer.add_stream_to_page(0, writer.add_object(StreamObject(stream_data=_OVERPAINT)))
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
