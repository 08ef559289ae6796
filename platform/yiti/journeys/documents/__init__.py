"""The documents of a presale besides the contract: notice application, inquiry record, 交房即交证 agreement.

Pure: from the frozen contract and the parties' answers to HTML with signature places (`sign-buyer-1` … `sign-seller`).
"""

from yiti.journeys.documents.inquiry import QUESTIONS, Question, check_answers, unfavourable
from yiti.journeys.documents.presale import PresaleFacts, handover_agreement, inquiry_record, notice_application

__all__ = [
    "QUESTIONS",
    "PresaleFacts",
    "Question",
    "check_answers",
    "handover_agreement",
    "inquiry_record",
    "notice_application",
    "unfavourable",
]
