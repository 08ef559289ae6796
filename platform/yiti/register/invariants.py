"""What the database itself refuses, whoever writes: the last line of defence behind the rules.

Every trigger locks the unit first, so that two transactions on one unit follow each other, and each sees what
the other has booked. Refusals carry a constraint name, by which `refusals.py` finds words for people.
"""

ENTRY_GUARD = """
CREATE FUNCTION register_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  disposes boolean := NEW.kind IN ('ownership', 'mortgage', 'presale_notice', 'presale_mortgage_notice');
BEGIN
  PERFORM 1 FROM units WHERE tenant_id = NEW.tenant_id AND id = NEW.unit_id AND code = NEW.unit_code FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no such unit'
        USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'register_unit_exists';
  END IF;
  IF NEW.status <> 'current' THEN
    RAISE EXCEPTION 'entries start current'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'register_starts_current';
  END IF;
  IF disposes AND EXISTS (
      SELECT 1 FROM register_entries e WHERE e.tenant_id = NEW.tenant_id AND e.unit_id = NEW.unit_id
        AND e.kind = 'seizure' AND e.status = 'current' AND e.rank = 0) THEN
    RAISE EXCEPTION 'unit is seized'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'register_no_disposal_under_seizure';
  END IF;
  IF NEW.kind IN ('ownership', 'mortgage') AND EXISTS (
      SELECT 1 FROM register_entries e WHERE e.tenant_id = NEW.tenant_id AND e.unit_id = NEW.unit_id
        AND e.kind = 'presale_notice' AND e.status = 'current' AND e.id IS DISTINCT FROM NEW.closes_id) THEN
    RAISE EXCEPTION 'live presale notice'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'register_no_disposal_against_notice';
  END IF;
  IF NEW.kind = 'presale_mortgage_notice' AND NOT EXISTS (
      SELECT 1 FROM register_entries e WHERE e.tenant_id = NEW.tenant_id AND e.unit_id = NEW.unit_id
        AND e.kind = 'presale_notice' AND e.status = 'current') THEN
    RAISE EXCEPTION 'no live presale notice'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'register_mortgage_notice_on_notice';
  END IF;
  RETURN NEW;
END $$"""

ENTRY_CLOSING = """
CREATE FUNCTION register_entry_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status = 'historical' THEN
    RAISE EXCEPTION 'closed for good'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'register_closed_for_good';
  END IF;
  IF NEW.closed_by_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM register_entries e WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.closed_by_id
        AND e.unit_id = NEW.unit_id AND e.closes_id = NEW.id) THEN
    RAISE EXCEPTION 'closed by a stranger'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'register_closed_by_its_successor';
  END IF;
  RETURN NEW;
END $$"""

# Exact arithmetic on fractions: n/d + a/b = (n*b + a*d) / (d*b), in numeric, which does not overflow.
HOLDERS_COMPLETE = """
CREATE FUNCTION register_holders_complete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  n numeric := 0; d numeric := 1; holders integer := 0; shares integer := 0; one record;
BEGIN
  IF NEW.sharing IS NULL THEN
    RETURN NULL;
  END IF;
  FOR one IN SELECT share_numerator a, share_denominator b FROM register_holders h
      WHERE h.tenant_id = NEW.tenant_id AND h.entry_id = NEW.id AND h.role = 'holder' LOOP
    holders := holders + 1;
    IF one.a IS NOT NULL THEN
      shares := shares + 1;
      n := n * one.b + one.a * d;
      d := d * one.b;
    END IF;
  END LOOP;
  IF NOT (CASE NEW.sharing
      WHEN 'sole' THEN holders = 1 AND shares = 0
      WHEN 'joint' THEN holders >= 2 AND shares = 0
      WHEN 'fractional' THEN holders >= 2 AND shares = holders AND n = d
      ELSE false END) THEN
    RAISE EXCEPTION 'holders and shares do not fit'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'register_shares_are_whole';
  END IF;
  RETURN NULL;
END $$"""

ENTRY_DDL = (
    ENTRY_GUARD,
    (
        "CREATE TRIGGER register_entry_guard BEFORE INSERT ON register_entries "
        "FOR EACH ROW EXECUTE FUNCTION register_entry_guard()"
    ),
    ENTRY_CLOSING,
    (
        "CREATE TRIGGER register_entry_closing BEFORE UPDATE ON register_entries "
        "FOR EACH ROW EXECUTE FUNCTION register_entry_closing()"
    ),
    HOLDERS_COMPLETE,
    (
        "CREATE CONSTRAINT TRIGGER register_holders_complete AFTER INSERT ON register_entries "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_holders_complete()"
    ),
)

# A holder added in a later transaction would change an entry that is already booked. An entry that we can see
# although its transaction is still in progress is our own (also from within a savepoint).
HOLDER_DDL = (
    """
CREATE FUNCTION register_holder_with_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM register_entries e WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.entry_id
      AND pg_xact_status((((pg_current_xact_id()::text::bigint >> 32) << 32) + e.xmin::text::bigint)::text::xid8)
          = 'in progress') THEN
    RAISE EXCEPTION 'entry is already booked'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'register_holder_with_entry';
  END IF;
  RETURN NEW;
END $$""",
    (
        "CREATE TRIGGER register_holder_with_entry BEFORE INSERT ON register_holders "
        "FOR EACH ROW EXECUTE FUNCTION register_holder_with_entry()"
    ),
)
