"""What the estate refuses."""

from kernel.errors import Conflict, Invalid, NotFound


class ProjectNotFound(NotFound):
    code = "estate.project_not_found"
    default_message = "没有找到该项目"


class BuildingNotFound(NotFound):
    code = "estate.building_not_found"
    default_message = "没有找到该楼幢"


class UnitNotFound(NotFound):
    code = "estate.unit_not_found"
    default_message = "没有找到该不动产单元"


class SurveyNotFound(NotFound):
    code = "estate.survey_not_found"
    default_message = "没有找到该次测绘成果导入"


class NameTaken(Conflict):
    code = "estate.name_taken"


class NumberTaken(Conflict):
    code = "estate.number_taken"


class ParameterMissing(Conflict):
    """The county has no row of that parameter in force on the day."""

    code = "estate.parameter_missing"


class PermitRefused(Conflict):
    """The conditions are not met; `extra["findings"]` lists code, words and legal basis."""

    code = "estate.permit_refused"


class AlreadyPermitted(Conflict):
    code = "estate.already_permitted"


class NotPermitted(Conflict):
    code = "estate.not_permitted"
    default_message = "该房屋所在楼幢尚未取得商品房预售许可证，不能销售"


class UnitRetired(Conflict):
    code = "estate.unit_retired"
    default_message = "该不动产单元已是历史单元，不能再办理业务"


class SurveyUnreadable(Invalid):
    """Not a workbook that can be read at all."""

    code = "estate.survey_unreadable"


class SurveyHasProblems(Invalid):
    """Rows are wrong; nothing was imported. `extra["problems"]` names cells and reasons."""

    code = "estate.survey_has_problems"


class SurveyApplied(Conflict):
    code = "estate.survey_applied"
    default_message = "该测绘成果已经导入，不能重复导入"


class SurveyChanged(Conflict):
    code = "estate.survey_changed"
    default_message = "要导入的文件与预览的文件不一致，请重新上传并预览"
