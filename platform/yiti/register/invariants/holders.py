"""The promises about the people of an entry: written before it, complete when it comes, never added to."""

# Exact arithmetic on fractions: n/d + a/b = (n*b + a*d) / (d*b), in numeric, which does not overflow.
SHARES_ARE_WHOLE = """
CREATE FUNCTION register_shares_are_whole(county text, entry uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  n numeric := 0; d numeric := 1; one record;
BEGIN
  FOR one IN SELECT share_numerator a, share_denominator b FROM register_holders
      WHERE tenant_id = county AND entry_id = entry AND role = 'holder' LOOP
    n := n * one.b + one.a * d;
    d := d * one.b;
  END LOOP;
  RETURN n = d;
END $$"""

SAME_HOLDERS = """
CREATE FUNCTION register_same_holders(county text, one uuid, other uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  WITH mine AS (SELECT id_index, share_numerator n, share_denominator d FROM register_holders
                WHERE tenant_id = county AND entry_id = one AND role = 'holder'),
       theirs AS (SELECT id_index, share_numerator n, share_denominator d FROM register_holders
                  WHERE tenant_id = county AND entry_id = other AND role = 'holder')
  SELECT NOT EXISTS ((TABLE mine EXCEPT ALL TABLE theirs) UNION ALL (TABLE theirs EXCEPT ALL TABLE mine)) $$"""

# A presale notice waits for the first registration of the developer who gave it, and of nobody else.
GAVE_NOTICE = """
CREATE FUNCTION register_gave_notice(new register_entries) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT NOT EXISTS (SELECT 1 FROM register_holders h
      WHERE h.tenant_id = new.tenant_id AND h.entry_id = new.id AND h.role = 'holder' AND h.id_index NOT IN (
          SELECT o.id_index FROM register_holders o JOIN register_entries e
              ON e.tenant_id = o.tenant_id AND e.id = o.entry_id
          WHERE e.tenant_id = new.tenant_id AND e.unit_id = new.unit_id AND e.status = 'current'
              AND e.kind = 'presale_notice' AND o.role = 'obligor')) $$"""

HOLDERS_FIT = """
CREATE FUNCTION register_holders_fit(new register_entries) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
  people record;
BEGIN
  SELECT count(*) AS holders, count(share_numerator) AS shares, count(DISTINCT id_index) AS persons INTO people
      FROM register_holders WHERE tenant_id = new.tenant_id AND entry_id = new.id AND role = 'holder';
  IF people.holders = 0 AND new.kind NOT IN ('seizure', 'cancellation', 'common_parts') THEN
    PERFORM register_refuse('register_names_its_holder');
  ELSIF people.persons < people.holders THEN
    PERFORM register_refuse('register_names_a_person_once');
  ELSIF NOT (CASE new.sharing
      WHEN 'sole' THEN people.holders = 1 AND people.shares = 0
      WHEN 'joint' THEN people.holders >= 2 AND people.shares = 0
      WHEN 'fractional' THEN people.holders >= 2 AND people.shares = people.holders
          AND register_shares_are_whole(new.tenant_id, new.id)
      ELSE people.shares = 0 AND new.kind NOT IN ('ownership', 'presale_notice', 'sale_notice') END) THEN
    PERFORM register_refuse('register_shares_are_whole');
  END IF;
END $$"""

# Holders are written first, so that the entry finds them complete. Nobody may add one to an entry that stands.
BEFORE_ENTRY = """
CREATE FUNCTION register_holder_before_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM register_entries e WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.entry_id) THEN
    PERFORM register_refuse('register_holder_with_entry');
  END IF;
  RETURN NEW;
END $$"""

# Nor to one that another transaction has booked meanwhile: an entry that we can see although its transaction is still
# in progress is our own (also from within a savepoint).
WITH_ENTRY = """
CREATE FUNCTION register_holder_with_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM register_entries e WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.entry_id
      AND pg_xact_status((((pg_current_xact_id()::text::bigint >> 32) << 32) + e.xmin::text::bigint)::text::xid8)
          = 'in progress') THEN
    PERFORM register_refuse('register_holder_with_entry');
  END IF;
  RETURN NULL;
END $$"""

HOLDER_DDL = (
    SHARES_ARE_WHOLE,
    SAME_HOLDERS,
    GAVE_NOTICE,
    HOLDERS_FIT,
    BEFORE_ENTRY,
    """CREATE TRIGGER register_holder_before_entry BEFORE INSERT ON register_holders
    FOR EACH ROW EXECUTE FUNCTION register_holder_before_entry()""",
    WITH_ENTRY,
    """CREATE CONSTRAINT TRIGGER register_holder_with_entry AFTER INSERT ON register_holders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_holder_with_entry()""",
)
