"""The questions of the inquiry (询问). 民法典 art. 212: the registry asks the applicants about the registration.

息政办〔2023〕41号 二（一）、三（三）: asked at the developer's sales office; 交房即交证, the application and the taxes
that belong to it are agreed then. A `no` never blocks the signing: it is written down, and a registrar decides.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from kernel.errors import Invalid

Answer = Literal["yes", "no"]
ANSWER_WORDS: Mapping[str, str] = {"yes": "是。", "no": "否。"}


class AnswersIncomplete(Invalid):
    code = "inquiry.incomplete"
    default_message = "询问笔录尚有问题没有回答"


class Question(Struct, frozen=True):
    """One question with a yes or no. `clear` is the answer with which nobody has to look again."""

    key: str
    text: str
    clear: Answer = "yes"


QUESTIONS: tuple[Question, ...] = (
    Question("true_intent", "本次申请的预售商品房买卖预告登记，是否为申请人的真实意思表示？"),
    Question("agreed_notice", "买卖双方是否约定办理预告登记，并同意共同向登记机构提出申请？"),
    Question("materials_true", "申请人提交的材料和填写的信息是否真实、合法、有效？"),
    Question("knows_liability", "提交虚假材料或者作虚假陈述，应当依法承担法律责任，申请人是否清楚？"),
    Question("co_owners_agree", "如为共有，全体共有人是否均已到场或者在线核验身份，并同意上述共有方式？"),
    Question("other_disputes", "就该房屋，申请人是否另与他人签订过买卖、抵押合同，或者存在权属争议？", "no"),
    Question("knows_presale", "该房屋为尚未竣工的预售商品房，面积以竣工后实测为准，申请人是否清楚？"),
    Question("money_paid", "首付款是否已经存入预售资金监管账户，住宅专项维修资金是否已经交存？"),
    Question("knows_effect", "预告登记后未经权利人同意处分该房屋不发生物权效力；能够办理登记之日起九十日内未申请的，"
             "预告登记失效。申请人是否清楚？"),
    Question("accepts_handover", "买卖双方是否接受并履行“交房即交证”的权利和责任，按约定及时申请登记、缴纳税费？"),
    Question("accepts_transfer", "房屋所有权首次登记完成后，由一体化平台自动核验完税等信息，将预告登记转为本登记，"
             "买受人不再另行签字确认，买卖双方是否同意？"),
)  # fmt: skip


def check_answers(answers: Mapping[str, str]) -> None:
    """Every question answered with yes or no, and nothing else; raises `AnswersIncomplete` or `Invalid`."""
    missing = [question for question in QUESTIONS if question.key not in answers]
    if missing:
        raise AnswersIncomplete(f"询问笔录尚有{len(missing)}个问题没有回答：{missing[0].text}", field=missing[0].key)
    known = {question.key for question in QUESTIONS}
    for key, answer in answers.items():
        if key not in known or answer not in ANSWER_WORDS:
            raise Invalid("询问笔录的回答只能是“是”或“否”", field=key)


def unfavourable(answers: Mapping[str, str]) -> tuple[Question, ...]:
    """Questions whose answer a registrar has to look at; empty means clear."""
    check_answers(answers)
    return tuple(question for question in QUESTIONS if answers[question.key] != question.clear)
