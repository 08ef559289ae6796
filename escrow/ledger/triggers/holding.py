"""Holds: how they take from slots, and how they end."""

from typing import Final

from escrow.ledger.triggers.ddl import function, trigger

_PLACE_HOLD = function(
    "ledger_place_hold",
    "",
    "RETURNS trigger",
    """
DECLARE
  part record;
  wide integer;
BEGIN
  PERFORM ledger_enter(NEW.tenant_id, false);
  SELECT a.slots INTO wide FROM ledger_accounts a
    WHERE a.tenant_id = NEW.tenant_id AND a.id = NEW.account_id AND a.guarded;
  IF NOT FOUND OR NEW.state <> 'pending' THEN
    RAISE EXCEPTION 'a ledger hold begins as pending, on a guarded account'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_hold_begins';
  END IF;
  FOR part IN SELECT p.slot, p.fen FROM ledger_parts(NEW.tenant_id, NEW.account_id, wide, NEW.amount_fen, NULL) p LOOP
    UPDATE ledger_slots s SET held_fen = s.held_fen + part.fen
      WHERE s.tenant_id = NEW.tenant_id AND s.account_id = NEW.account_id AND s.slot = part.slot;
    INSERT INTO ledger_hold_parts (tenant_id, hold_id, slot, account_id, amount_fen)
      VALUES (NEW.tenant_id, NEW.id, part.slot, NEW.account_id, part.fen);
  END LOOP;
  RETURN NULL;
END """,
    owner=True,
)

_MAY_CLOSE_HOLD = function(
    "ledger_may_close_hold",
    "",
    "RETURNS trigger",
    """
BEGIN
  IF OLD.state <> 'pending' THEN
    RAISE EXCEPTION 'ledger hold % is closed', OLD.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_hold_pending';
  END IF;
  IF NEW.state = 'posted' AND NOT EXISTS (SELECT FROM ledger_transfers t
      WHERE t.tenant_id = NEW.tenant_id AND t.hold_id = NEW.id) THEN
    RAISE EXCEPTION 'ledger hold % is posted by a transfer that names it', OLD.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_hold_posted_by_transfer';
  END IF;
  RETURN NEW;
END """,
)

_CLOSE_HOLD = function(
    "ledger_close_hold",
    "",
    "RETURNS trigger",
    """
BEGIN
  IF NEW.state IN ('voided', 'expired') THEN
    PERFORM ledger_enter(NEW.tenant_id, false);
    PERFORM FROM ledger_accounts a WHERE a.tenant_id = NEW.tenant_id AND a.id = NEW.account_id AND a.slots > 1
      FOR NO KEY UPDATE;
    PERFORM ledger_release(NEW.tenant_id, NEW.id);
  END IF;
  RETURN NULL;
END """,
    owner=True,
)

ON_HOLDS: Final = (
    _PLACE_HOLD,
    trigger("ledger_holds", "ledger_place_hold", "AFTER INSERT"),
    _MAY_CLOSE_HOLD,
    trigger("ledger_holds", "ledger_may_close_hold", "BEFORE UPDATE"),
    _CLOSE_HOLD,
    trigger("ledger_holds", "ledger_close_hold", "AFTER UPDATE"),
)
