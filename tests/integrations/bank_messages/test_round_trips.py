"""What one side writes, the other reads: the platform and the sandbox bank share the structs."""

from hypothesis import HealthCheck, given, settings

from integrations.bank_messages.credit_notices import NoticeMessage, read_notices, write_notices
from integrations.bank_messages.payment_orders import PaymentBatch, read_orders, write_orders
from integrations.bank_messages.payment_status import StatusReport, read_status, write_status
from integrations.bank_messages.statements import StatementMessage, read_statements, write_statements
from tests.integrations.bank_messages.factories import BATCHES, FILES, NOTICES, REPORTS

searched = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@searched
@given(BATCHES)
def test_orders(batch: PaymentBatch) -> None:
    data = write_orders(batch)
    assert read_orders(data) == batch
    assert write_orders(batch) == data


@searched
@given(REPORTS)
def test_status(report: StatusReport) -> None:
    assert read_status(write_status(report)) == report


@searched
@given(FILES)
def test_statements(message: StatementMessage) -> None:
    assert read_statements(write_statements(message)) == message


@searched
@given(NOTICES)
def test_notices(message: NoticeMessage) -> None:
    assert read_notices(write_notices(message)) == message
