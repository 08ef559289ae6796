"""The gate, slots, and transfers."""

from typing import Final

from escrow.ledger.triggers.ddl import function, trigger

_ENTER = function(
    "ledger_enter",
    "county text, alone boolean",
    "RETURNS void",
    """
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'the ledger must see what was committed while it waited'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_read_committed';
  END IF;
  IF alone THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger:' || county, 0));
  ELSE
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('ledger:' || county, 0));
  END IF;
END """,
)

_OPEN_DAY = function(
    "ledger_open_day",
    "county text, wanted date",
    "RETURNS date",
    """
BEGIN
  PERFORM ledger_enter(county, false);
  RETURN greatest(wanted, (SELECT max(c.day) + 1 FROM ledger_closings c WHERE c.tenant_id = county));
END """,
)

_BALANCE = """CREATE FUNCTION ledger_balance(county text, account uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
SELECT coalesce(sum(s.balance_fen), 0)::bigint FROM ledger_slots s WHERE s.tenant_id = county AND s.account_id = account
$$"""

_ADD_SLOTS = function(
    "ledger_add_slots",
    "",
    "RETURNS trigger",
    """
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.slots < OLD.slots THEN
    RAISE EXCEPTION 'a ledger account keeps its slots'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_slots_stay';
  END IF;
  INSERT INTO ledger_slots (tenant_id, account_id, slot, guarded, balance_fen, held_fen, seq)
    SELECT NEW.tenant_id, NEW.id, n, NEW.guarded, 0, 0, 0 FROM generate_series(0, NEW.slots - 1) AS n
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END """,
    owner=True,
)

_RELEASE = function(
    "ledger_release",
    "county text, released uuid",
    "RETURNS void",
    """
DECLARE
  part record;
BEGIN
  FOR part IN SELECT p.account_id, p.slot, p.amount_fen FROM ledger_hold_parts p
      WHERE p.tenant_id = county AND p.hold_id = released ORDER BY p.slot LOOP
    UPDATE ledger_slots s SET held_fen = s.held_fen - part.amount_fen
      WHERE s.tenant_id = county AND s.account_id = part.account_id AND s.slot = part.slot;
  END LOOP;
END """,
)

# What of a guarded account pays an amount, the fullest slots first; they are locked when this returns, and the hold
# whose money it is has been released.
_PARTS = function(
    "ledger_parts",
    "county text, account uuid, wide integer, amount bigint, released uuid",
    "RETURNS TABLE (slot smallint, fen bigint, booked_at timestamptz)",
    """
#variable_conflict use_column
DECLARE
  missing bigint := amount;
  place smallint;
  usable bigint;
  since timestamptz;
BEGIN
  IF wide > 1 THEN
    PERFORM FROM ledger_accounts a WHERE a.tenant_id = county AND a.id = account FOR NO KEY UPDATE;
  END IF;
  IF released IS NOT NULL THEN
    PERFORM ledger_release(county, released);
  END IF;
  FOR place IN SELECT s.slot FROM ledger_slots s WHERE s.tenant_id = county AND s.account_id = account
      ORDER BY s.balance_fen - s.held_fen DESC, s.slot LOOP
    SELECT s.balance_fen - s.held_fen, s.booked_at INTO usable, since FROM ledger_slots s
      WHERE s.tenant_id = county AND s.account_id = account AND s.slot = place FOR NO KEY UPDATE;
    CONTINUE WHEN usable <= 0;
    usable := least(usable, missing);
    missing := missing - usable;
    RETURN QUERY SELECT place, usable, since;
    EXIT WHEN missing = 0;
  END LOOP;
  IF missing > 0 THEN
    RAISE EXCEPTION 'ledger account % lacks %', account, missing
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_never_overdrawn';
  END IF;
END """,
)

# Everything that a transfer must be, before anything moves.
_JUDGE = function(
    "ledger_judge",
    "county text, accounts uuid[], amounts bigint[], value_date date",
    "RETURNS void",
    """
DECLARE
  total numeric := 0;
BEGIN
  FOR i IN 1 .. cardinality(accounts) LOOP
    total := total + amounts[i];
    IF amounts[i] = 0 OR (i > 1 AND accounts[i] <= accounts[i - 1]) THEN
      RAISE EXCEPTION 'a ledger transfer names each account once, in order, and moves something'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_moves_in_order';
    END IF;
  END LOOP;
  IF total <> 0 THEN
    RAISE EXCEPTION 'a ledger transfer does not balance: %', total
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
  END IF;
  IF EXISTS (SELECT FROM ledger_closings c WHERE c.tenant_id = county AND c.day >= value_date) THEN
    RAISE EXCEPTION 'the ledger is closed for %', value_date
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_day_open';
  END IF;
END """,
)

# The hold that a transfer uses: still pending, and no more taken from its account than it holds.
_USE_HOLD = function(
    "ledger_use_hold",
    "county text, used uuid, accounts uuid[], amounts bigint[], OUT account uuid",
    "RETURNS uuid",
    """
DECLARE
  held record;
  taken bigint;
BEGIN
  SELECT h.account_id, h.amount_fen, h.state INTO held FROM ledger_holds h
    WHERE h.tenant_id = county AND h.id = used FOR NO KEY UPDATE;
  IF held.state IS DISTINCT FROM 'pending' THEN
    RAISE EXCEPTION 'ledger hold % is closed', used
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_hold_pending';
  END IF;
  taken := coalesce(-amounts[array_position(accounts, held.account_id)], 0);
  IF taken NOT BETWEEN 1 AND held.amount_fen THEN
    RAISE EXCEPTION 'ledger hold % holds %, not %', used, held.amount_fen, taken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_within_hold';
  END IF;
  account := held.account_id;
END """,
)

# Money that comes in goes to the first slot that nobody is working on: the more at once, the more slots it lies on.
# Locks first, for the whole transfer, and only then the moment of booking: it is never before what the slots have seen,
# so that the entries of a slot follow each other in time and carry its balance.
_BOOK = function(
    "ledger_book",
    "",
    "RETURNS trigger",
    """
DECLARE
  holder uuid;
  account record;
  part record;
  mine smallint;
  places uuid[] := '{}';
  slots smallint[] := '{}';
  sums bigint[] := '{}';
  booked timestamptz := NEW.created_at;
BEGIN
  PERFORM ledger_enter(NEW.tenant_id, false);
  PERFORM ledger_judge(NEW.tenant_id, NEW.accounts, NEW.amounts, NEW.value_date);
  IF NEW.hold_id IS NOT NULL THEN
    holder := ledger_use_hold(NEW.tenant_id, NEW.hold_id, NEW.accounts, NEW.amounts);
  END IF;
  FOR i IN 1 .. cardinality(NEW.accounts) LOOP
    SELECT a.id, a.slots, a.guarded INTO account FROM ledger_accounts a
      WHERE a.tenant_id = NEW.tenant_id AND a.id = NEW.accounts[i];
    IF NOT FOUND THEN
      RAISE EXCEPTION 'no ledger account %', NEW.accounts[i]
        USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_account_known';
    ELSIF account.guarded AND NEW.amounts[i] < 0 THEN
      FOR part IN SELECT p.slot, p.fen, p.booked_at FROM ledger_parts(NEW.tenant_id, account.id, account.slots,
          -NEW.amounts[i], CASE WHEN account.id = holder THEN NEW.hold_id END) p LOOP
        places := places || account.id;
        slots := slots || part.slot;
        sums := sums || -part.fen;
        booked := greatest(booked, part.booked_at);
      END LOOP;
    ELSE
      SELECT s.slot, s.booked_at INTO part FROM ledger_slots s WHERE s.tenant_id = NEW.tenant_id
        AND s.account_id = account.id ORDER BY s.slot LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
      IF NOT FOUND THEN
        mine := pg_backend_pid() % account.slots;
        SELECT s.slot, s.booked_at INTO part FROM ledger_slots s WHERE s.tenant_id = NEW.tenant_id
          AND s.account_id = account.id AND s.slot = mine FOR NO KEY UPDATE;
      END IF;
      places := places || account.id;
      slots := slots || part.slot;
      sums := sums || NEW.amounts[i];
      booked := greatest(booked, part.booked_at);
    END IF;
  END LOOP;
  FOR i IN 1 .. cardinality(places) LOOP
    UPDATE ledger_slots s SET balance_fen = s.balance_fen + sums[i], seq = s.seq + 1, booked_at = booked
      WHERE s.tenant_id = NEW.tenant_id AND s.account_id = places[i] AND s.slot = slots[i]
      RETURNING s.balance_fen, s.seq INTO part;
    INSERT INTO ledger_entries
      (tenant_id, account_id, slot, booked_at, seq, transfer_id, amount_fen, balance_fen, value_date)
      VALUES (NEW.tenant_id, places[i], slots[i], booked, part.seq, NEW.id, sums[i], part.balance_fen, NEW.value_date);
  END LOOP;
  IF holder IS NOT NULL THEN
    UPDATE ledger_holds h SET state = 'posted', closed_at = booked WHERE h.tenant_id = NEW.tenant_id
      AND h.id = NEW.hold_id;
  END IF;
  RETURN NULL;
END """,
    owner=True,
)

ON_ACCOUNTS: Final = (
    _ENTER,
    _OPEN_DAY,
    _ADD_SLOTS,
    trigger("ledger_accounts", "ledger_add_slots", "AFTER INSERT OR UPDATE OF slots"),
)
ON_SLOTS: Final = (_BALANCE, _RELEASE, _PARTS)
ON_TRANSFERS: Final = (_JUDGE, _USE_HOLD, _BOOK, trigger("ledger_transfers", "ledger_book", "AFTER INSERT"))
