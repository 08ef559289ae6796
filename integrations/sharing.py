"""The data-sharing platform (数据共享平台): who a person is, and records that other bodies keep.

Wire (ours):

* `POST /people` `sharing.person` `PersonInquiry` → `PersonRecord`: police and civil affairs, name against number.
* `POST /records` `sharing.record` `RecordInquiry` → `SharedRecord`: a marriage, a birth, a filing, a judgment, ...
"""

import msgspec

from integrations.http import Answer, CounterpartyClient, Operation
from integrations.wire import Short


class PersonInquiry(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the name belongs to the number."""

    name: Short
    id_kind: Short
    id_no: Short


class PersonRecord(Answer, frozen=True, kw_only=True):
    """The answer. `deceased` is None where the source does not say (organisations)."""

    reference: Short
    matched: bool
    deceased: bool | None = None

    def facts(self) -> dict[str, str]:
        return {"核验编号": self.reference, "姓名与证件号码": "一致" if self.matched else "不一致"}


class RecordInquiry(msgspec.Struct, frozen=True, kw_only=True):
    """Which record of which source, about whom and what. `code` is the platform's own code of the material."""

    source: Short
    code: Short
    title: Short
    case_no: Short
    people: tuple[PersonInquiry, ...]
    unit_codes: tuple[str, ...]


class RecordLine(msgspec.Struct, frozen=True, kw_only=True):
    """A labelled line of a record."""

    label: str
    value: str


class SharedRecord(Answer, frozen=True, kw_only=True):
    """The record as lines, for a person to confirm; not `found` when the source has none."""

    reference: Short
    found: bool
    keeper: str = ""
    """The body that keeps the record."""
    lines: tuple[RecordLine, ...] = ()

    def facts(self) -> dict[str, str]:
        return {"核验编号": self.reference, "查询结果": f"{self.keeper}有记录" if self.found else "无记录"}


PERSON = Operation("sharing.person", "身份信息核验", "/people", PersonRecord)
RECORD = Operation("sharing.record", "共享信息获取", "/records", SharedRecord)


class DataSharing:
    """The connector; works for the current county."""

    def __init__(self, client: CounterpartyClient) -> None:
        self._client = client

    async def person(self, inquiry: PersonInquiry, *, key: str, subject: str | None = None) -> PersonRecord:
        """Check a person; `key` names the occasion, for the answer may be another one tomorrow."""
        return await self._client.call(PERSON, inquiry, key=f"sharing.person:{key}", subject=subject)

    async def record(self, inquiry: RecordInquiry, *, key: str, subject: str | None = None) -> SharedRecord:
        """Fetch a record."""
        return await self._client.call(RECORD, inquiry, key=f"sharing.record:{key}", subject=subject)
