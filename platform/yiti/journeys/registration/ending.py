"""What follows when a case has come to its end, with or without a booking."""

from kernel.db import WriteSession
from kernel.outbox import emit
from kernel.permissions import system_actor
from yiti.cases.lifecycle import STATUS_WORDS
from yiti.cases.models import Case
from yiti.journeys.registration import arrival, collecting, envelope, outside, refunds


async def order_archive(tx: WriteSession, case: Case) -> None:
    """The file of the ended case is archived after the commit, once."""
    await emit(tx, "registration.archive", {"case_id": str(case.id)}, key=f"registration.archive:{case.id}")


async def ended_unbooked(tx: WriteSession, case: Case) -> None:
    """Rejected, refused or withdrawn: nobody is waited for, what was paid goes back, what was handed in is archived.

    A draft that was thrown away had never been handed in: there is nothing to archive.
    """
    await envelope.void(tx, system_actor(tx.tenant), case, "ended")
    await outside.drop(tx, case)
    because = f"业务件{STATUS_WORDS[case.standing.status]}"
    await refunds.order_back(tx, case, because)
    await collecting.send_back(tx, case, because)
    await arrival.order_thaw(tx, case)
    if case.submitted_at is not None:
        await order_archive(tx, case)
