"""Closed days, and whether the ledger agrees with itself."""

from typing import Final

from escrow.ledger.triggers.ddl import function, trigger

# What does not agree, in one look, from the last closing before `before` on: `postings` (balance and entries), `chain`
# (a slot and its last entry), `holds` (held money and pending holds), `sum` (all accounts together; no account).
_FAULTS = function(
    "ledger_faults",
    "county text, before date",
    "RETURNS TABLE (account_id uuid, fault text)",
    """
DECLARE
  closed date := (SELECT max(c.day) FROM ledger_closings c WHERE c.tenant_id = county AND c.day < before);
BEGIN
  RETURN QUERY
  SELECT a.id, CASE WHEN whole.fen <> kept.fen + moved.fen THEN 'postings'
      WHEN NOT whole.chained THEN 'chain' ELSE 'holds' END
  FROM ledger_accounts a
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(s.balance_fen), 0) AS fen, coalesce(sum(s.held_fen), 0) AS held,
      coalesce(bool_and((s.balance_fen, s.seq) = (coalesce(e.balance_fen, 0), coalesce(e.seq, 0))), false) AS chained
    FROM ledger_slots s LEFT JOIN LATERAL (
      SELECT l.balance_fen, l.seq FROM ledger_entries l
      WHERE l.tenant_id = county AND l.account_id = s.account_id AND l.slot = s.slot
      ORDER BY l.booked_at DESC, l.seq DESC LIMIT 1) e ON true
    WHERE s.tenant_id = county AND s.account_id = a.id) whole
  CROSS JOIN LATERAL (
    SELECT coalesce((SELECT d.balance_fen FROM ledger_day_balances d WHERE d.tenant_id = county
      AND d.account_id = a.id AND d.day <= closed ORDER BY d.day DESC LIMIT 1), 0) AS fen) kept
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(e.amount_fen), 0) AS fen FROM ledger_entries e WHERE e.tenant_id = county
      AND e.account_id = a.id AND e.value_date > coalesce(closed, '-infinity')) moved
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(h.amount_fen), 0) AS fen FROM ledger_holds h WHERE h.tenant_id = county
      AND h.account_id = a.id AND h.state = 'pending') pending
  WHERE a.tenant_id = county
    AND (whole.fen <> kept.fen + moved.fen OR NOT whole.chained OR whole.held <> pending.fen)
  UNION ALL
  SELECT NULL, 'sum' FROM ledger_slots s WHERE s.tenant_id = county HAVING sum(s.balance_fen) <> 0;
END """,
)

_BEGIN_CLOSING = function(
    "ledger_begin_closing",
    "",
    "RETURNS trigger",
    """
BEGIN
  PERFORM ledger_enter(NEW.tenant_id, true);
  IF NEW.day >= (NEW.created_at AT TIME ZONE 'Asia/Shanghai')::date THEN
    RAISE EXCEPTION 'the ledger day % is not over', NEW.day
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_day_over';
  END IF;
  IF EXISTS (SELECT FROM ledger_closings c WHERE c.tenant_id = NEW.tenant_id AND c.day >= NEW.day) THEN
    RAISE EXCEPTION 'the ledger is closed for %', NEW.day
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_day_open';
  END IF;
  RETURN NEW;
END """,
)

_CLOSE_DAYS = function(
    "ledger_close_days",
    "",
    "RETURNS trigger",
    """
DECLARE
  wrong record;
BEGIN
  SELECT f.account_id, f.fault INTO wrong FROM ledger_faults(NEW.tenant_id, NEW.day) f LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the ledger does not agree with itself: account %, %', wrong.account_id, wrong.fault
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_agrees';
  END IF;
  INSERT INTO ledger_day_balances (tenant_id, account_id, day, balance_fen)
    SELECT NEW.tenant_id, a.id, NEW.day, moved.fen + coalesce((SELECT d.balance_fen FROM ledger_day_balances d
        WHERE d.tenant_id = NEW.tenant_id AND d.account_id = a.id ORDER BY d.day DESC LIMIT 1), 0)
    FROM ledger_accounts a CROSS JOIN LATERAL (SELECT sum(e.amount_fen) AS fen FROM ledger_entries e
        WHERE e.tenant_id = NEW.tenant_id AND e.account_id = a.id AND e.value_date <= NEW.day
          AND e.value_date > coalesce((SELECT max(c.day) FROM ledger_closings c
            WHERE c.tenant_id = NEW.tenant_id AND c.day < NEW.day), '-infinity')) moved
    WHERE a.tenant_id = NEW.tenant_id AND moved.fen IS NOT NULL;
  RETURN NULL;
END """,
    owner=True,
)

ON_CLOSINGS: Final = (
    _FAULTS,
    _BEGIN_CLOSING,
    trigger("ledger_closings", "ledger_begin_closing", "BEFORE INSERT"),
    _CLOSE_DAYS,
    trigger("ledger_closings", "ledger_close_days", "AFTER INSERT"),
)
