"""The promises about entries: what may be booked in which state of the unit, and what closes what."""

# One line for each refusal below; 23001 is restrict_violation.
REFUSE = """
CREATE FUNCTION register_refuse(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the register refuses: %', name USING ERRCODE = '23001', CONSTRAINT = name;
END $$"""

# An entry closes one of its own kind, a mortgage also the notice or construction mortgage that it takes the place of.
MAY_CLOSE = """
CREATE FUNCTION register_may_close(closer text, closed text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT closed <> 'cancellation' AND (closer IN ('cancellation', closed)
      OR closer = 'mortgage'
          AND closed IN ('construction_mortgage', 'presale_mortgage_notice', 'mortgage_notice')) $$"""

# Whether the new entry only goes on with the right that it closes, so that nothing is disposed of: a change or
# correction among the same people; a security that passes on or changes without securing more.
CONTINUES = """
CREATE FUNCTION register_continues(new register_entries, old register_entries) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF old.id IS NULL THEN
    RETURN false;
  ELSIF new.kind IN ('mortgage', 'construction_mortgage', 'mortgage_notice', 'presale_mortgage_notice') THEN
    RETURN old.kind IN (new.kind, 'construction_mortgage') AND coalesce(new.amount_fen <= old.amount_fen, false);
  END IF;
  RETURN old.kind = new.kind AND new.registration_type IN ('300', '500')
      AND register_same_holders(new.tenant_id, new.id, old.id);
END $$"""

# A row lock on the unit makes bookings on it follow each other; a snapshot older than the lock would make it useless.
ENTRY_GUARD = """
CREATE FUNCTION register_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  unit record; closed register_entries%ROWTYPE; standing record; disposes boolean;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    PERFORM register_refuse('register_reads_what_is_committed');
  END IF;
  SELECT code, state INTO unit FROM units WHERE tenant_id = NEW.tenant_id AND id = NEW.unit_id FOR NO KEY UPDATE;
  IF unit.code IS DISTINCT FROM NEW.unit_code THEN
    PERFORM register_refuse('register_unit_exists');
  ELSIF unit.state = 'historical' THEN
    PERFORM register_refuse('register_unit_is_living');
  ELSIF NEW.status <> 'current' THEN
    PERFORM register_refuse('register_starts_current');
  END IF;
  PERFORM register_holders_fit(NEW);
  IF NEW.closes_id IS NOT NULL THEN
    UPDATE register_entries SET status = 'historical', closed_by_id = NEW.id, closed_at = NEW.booked_at
        WHERE tenant_id = NEW.tenant_id AND id = NEW.closes_id AND unit_id = NEW.unit_id AND status = 'current'
        RETURNING * INTO closed;
    IF closed.id IS NULL THEN
      PERFORM register_refuse('register_closes_a_current_entry');
    ELSIF NOT register_may_close(NEW.kind, closed.kind) THEN
      PERFORM register_refuse('register_closes_its_own_kind');
    END IF;
  END IF;
  SELECT
      coalesce(bool_or(kind = 'seizure' AND rank = 0), false) AS seized,
      coalesce(max(rank), 0) AS last_rank,
      coalesce(bool_or(kind = 'ownership'), false) AS owned,
      coalesce(bool_or(kind = 'presale_notice'), false) AS presold,
      coalesce(bool_or(kind IN ('presale_notice', 'sale_notice') AND id <> ALL (NEW.consents)
          AND NOT (kind = 'sale_notice' AND NEW.kind = 'mortgage_notice')), false) AS noticed,
      coalesce(bool_or(bans_transfer AND kind IN ('mortgage', 'construction_mortgage')
          AND id <> ALL (NEW.consents)), false) AS banned,
      coalesce(bool_or(kind IN ('mortgage', 'residence', 'easement', 'sale_notice', 'mortgage_notice')), false)
          AS burdened
      INTO standing FROM register_entries
      WHERE tenant_id = NEW.tenant_id AND unit_id = NEW.unit_id AND status = 'current';
  disposes := CASE
      WHEN NEW.kind IN ('common_parts', 'seizure', 'objection') THEN false
      WHEN NEW.kind = 'cancellation' THEN closed.kind = 'ownership'
      WHEN NEW.kind = 'ownership' AND closed.id IS NULL THEN standing.noticed AND NOT register_gave_notice(NEW)
      ELSE NOT register_continues(NEW, closed) END;
  IF disposes AND standing.seized THEN
    PERFORM register_refuse('register_no_disposal_under_seizure');
  ELSIF disposes AND standing.noticed AND NEW.kind <> 'presale_mortgage_notice' THEN
    PERFORM register_refuse('register_no_disposal_against_notice');
  ELSIF disposes AND standing.banned AND NEW.kind = 'ownership' THEN
    PERFORM register_refuse('register_transfer_banned');
  ELSIF disposes AND standing.burdened AND NEW.kind = 'cancellation' THEN
    PERFORM register_refuse('register_ownership_carries_rights');
  ELSIF NEW.kind = 'ownership' AND (closed.id IS NULL) <> (NEW.registration_type = '100')
      AND NEW.registration_type IN ('100', '200') THEN
    PERFORM register_refuse('register_transfer_closes_ownership');
  ELSIF NEW.kind IN ('mortgage', 'residence', 'easement', 'sale_notice', 'mortgage_notice') AND NOT standing.owned THEN
    PERFORM register_refuse('register_right_on_ownership');
  ELSIF NEW.kind = 'construction_mortgage' AND (standing.owned OR standing.presold AND disposes) THEN
    PERFORM register_refuse('register_construction_mortgage_on_unsold');
  ELSIF NEW.kind = 'presale_mortgage_notice' AND NOT standing.presold AND closed.id IS NULL THEN
    PERFORM register_refuse('register_mortgage_notice_on_notice');
  END IF;
  IF NEW.kind = 'seizure' THEN
    NEW.rank := register_seizure_rank(NEW, closed, standing.seized, standing.last_rank);
  END IF;
  -- 民法典 art. 414, 担保解释 art. 52: a security keeps the place of the one, or of the notice, that it takes over.
  IF closed.id IS NOT NULL AND NEW.kind IN
      ('seizure', 'mortgage', 'construction_mortgage', 'mortgage_notice', 'presale_mortgage_notice') THEN
    NEW.priority_at := closed.priority_at;
  ELSIF NEW.kind <> 'seizure' THEN
    NEW.priority_at := NEW.booked_at;
  END IF;
  RETURN NEW;
END $$"""

# 查封扣押冻结规定 art. 26: what waits takes effect in the order of delivery, and nothing new before it.
SEIZURE_RANK = """
CREATE FUNCTION register_seizure_rank(new register_entries, old register_entries, seized boolean, last_rank integer)
RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  IF seized THEN
    RETURN CASE WHEN old.rank > 0 THEN old.rank ELSE last_rank + 1 END;
  ELSIF EXISTS (SELECT 1 FROM register_entries w WHERE w.tenant_id = new.tenant_id AND w.unit_id = new.unit_id
      AND w.status = 'current' AND w.kind = 'seizure' AND (old.id IS NULL OR old.rank > 0
          AND (w.priority_at, w.rank) < (old.priority_at, old.rank))) THEN
    PERFORM register_refuse('register_queue_in_order');
  END IF;
  RETURN 0;
END $$"""

ENTRY_CLOSING = """
CREATE FUNCTION register_entry_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status = 'historical' THEN
    PERFORM register_refuse('register_closed_for_good');
  ELSIF pg_trigger_depth() < 2 THEN
    PERFORM register_refuse('register_closed_by_its_successor');
  END IF;
  RETURN NEW;
END $$"""

# The closer is not in the table yet when it closes, and ON CONFLICT could still drop it.
CLOSER_STANDS = """
CREATE FUNCTION register_closer_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM register_entries e WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.closed_by_id
        AND e.unit_id = NEW.unit_id AND e.closes_id = NEW.id AND e.booked_at = NEW.closed_at) THEN
    PERFORM register_refuse('register_closed_by_its_successor');
  END IF;
  RETURN NULL;
END $$"""

# The entries of a booking are one INSERT: what one of them leaves open, another has closed when it ends.
BOOKING_WHOLE = """
CREATE FUNCTION register_booking_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  touched record; standing record;
BEGIN
  FOR touched IN SELECT DISTINCT tenant_id, unit_id FROM booked WHERE closes_id IS NOT NULL LOOP
    SELECT bool_or(kind = 'seizure' AND rank > 0) AND NOT bool_or(kind = 'seizure' AND rank = 0) AS headless,
        bool_or(kind = 'presale_mortgage_notice') AND NOT bool_or(kind IN ('presale_notice', 'ownership')) AS baseless
        INTO standing FROM register_entries
        WHERE tenant_id = touched.tenant_id AND unit_id = touched.unit_id AND status = 'current';
    IF standing.headless THEN
      PERFORM register_refuse('register_queue_moves_up');
    ELSIF standing.baseless THEN
      PERFORM register_refuse('register_mortgage_notice_on_notice');
    END IF;
  END LOOP;
  RETURN NULL;
END $$"""

ENTRY_DDL = (
    REFUSE,
    MAY_CLOSE,
    CONTINUES,
    SEIZURE_RANK,
    ENTRY_GUARD,
    """CREATE TRIGGER register_entry_guard BEFORE INSERT ON register_entries
    FOR EACH ROW EXECUTE FUNCTION register_entry_guard()""",
    ENTRY_CLOSING,
    """CREATE TRIGGER register_entry_closing BEFORE UPDATE ON register_entries
    FOR EACH ROW EXECUTE FUNCTION register_entry_closing()""",
    CLOSER_STANDS,
    """CREATE CONSTRAINT TRIGGER register_closer_stands AFTER UPDATE ON register_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_closer_stands()""",
    BOOKING_WHOLE,
    """CREATE TRIGGER register_booking_whole AFTER INSERT ON register_entries REFERENCING NEW TABLE AS booked
    FOR EACH STATEMENT EXECUTE FUNCTION register_booking_whole()""",
)
