"""Callbacks of tax bureau, housing department and treasury: verified by the gateway, taken into the case, at once."""

from litestar import post
from litestar.params import FromPath, RawBody

from kernel.permissions import anyone
from kernel.web.dependencies import Tx
from yiti.accounts.csrf import EXEMPT
from yiti.accounts.middleware import NO_SESSION
from yiti.journeys.registration import desk
from yiti.resources import Parts

_LIMIT_BYTES = 64 * 1024


@post(
    "/gateway/{county:str}/{counterparty:str}/answers",
    guards=[anyone],
    opt={NO_SESSION: True, EXEMPT: True},
    status_code=200,
    request_max_body_size=_LIMIT_BYTES,
)
async def receive_answer(tx: Tx, resources: Parts, counterparty: FromPath[str], body: RawBody) -> dict[str, str]:
    """Open to anyone who can sign: the message's own signature is the credential.

    Answers 200 for a case that has ended, too (`late`): the counterparty has done its part.
    """
    received = await resources.connectors.gateway.receive_answer(tx, counterparty, body)
    if received.duplicate:
        return {"result": "duplicate"}
    return {"result": await desk.receive(tx, counterparty, received.answer)}
