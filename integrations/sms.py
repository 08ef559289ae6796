"""The SMS service (短信).

Wire (ours): `POST /messages` `sms.send` `Message` → `Accepted`. One message per key, however often it is asked for.
"""

import msgspec

from integrations.http import CounterpartyClient, Operation
from integrations.wire import Accepted, Short


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One text for one phone."""

    phone: Short
    text: str


SEND = Operation("sms.send", "短信发送", "/messages", Accepted)


class SmsGateway:
    """The connector; works for the current county."""

    def __init__(self, client: CounterpartyClient) -> None:
        self._client = client

    async def send(self, phone: str, text: str, key: str, *, subject: str | None = None) -> Accepted:
        """Send once per `key` (such as `proof.ready:<id>:<phone>`); safe to repeat."""
        return await self._client.call(SEND, Message(phone=phone, text=text), key=f"sms:{key}", subject=subject)
