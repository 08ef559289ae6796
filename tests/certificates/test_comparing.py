"""A paper against the one that took its place."""

from datetime import date

import msgspec

from tests.certificates.samples import entry_facts
from tests.certificates.test_freezing import frozen
from tests.certificates.world import content, party
from yiti.certificates.comparing import differences
from yiti.certificates.schemas import HolderLine
from yiti.register.kinds import Sharing


def test_equal_papers_differ_in_nothing() -> None:
    for paper in (content(), frozen(entry_facts())):
        assert differences(paper, paper) == ()


def test_every_field_that_changed_is_named_and_masked() -> None:
    old = frozen(entry_facts())
    people = (HolderLine(name="赵小明", id_kind="resident_id", id_number="990000199001010013"),)
    new = msgspec.structs.replace(
        old, holders=people, area="房屋建筑面积118.40㎡", location="息县新街1号2幢301", booked_on=date(2027, 1, 1)
    )
    found = {one.field: (one.paper, one.register) for one in differences(old, new)}
    assert set(found) == {"权利人", "坐落", "面积", "登簿日期"}
    assert found["权利人"] == ("王**", "赵**")
    assert found["坐落"][1] == "息县新街1号2幢***"
    assert found["面积"][1] == "房屋建筑面积118.40㎡"


def test_names_behind_the_kind_of_sharing_are_not_told() -> None:
    alone = content()
    together = content(holders=(party("张三丰"), party("李四")), sharing=Sharing.JOINT)
    told = repr(differences(alone, together))
    assert "共同共有" in told
    assert "张三丰" not in told
