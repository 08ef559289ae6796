"""The promises about units: a historical unit carries no right and never comes back; a split or merger is whole."""

UNIT_RETIRES = """
CREATE FUNCTION register_unit_retires() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'historical' AND NEW.state <> 'historical' THEN
    PERFORM register_refuse('register_unit_is_living');
  ELSIF NEW.state = 'historical' AND EXISTS (SELECT 1 FROM register_entries e WHERE e.tenant_id = NEW.tenant_id
      AND e.unit_id = NEW.id AND e.status = 'current' AND e.kind <> 'cancellation') THEN
    PERFORM register_refuse('register_unit_carries_rights');
  END IF;
  RETURN NEW;
END $$"""

# GB/T 37346-2019, 8.5: split and merger give new codes; the old unit becomes historical at once.
LINKS_WHOLE = """
CREATE FUNCTION register_links_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM linked GROUP BY kind, CASE kind WHEN 'split' THEN predecessor_id ELSE successor_id END
      HAVING count(*) < 2) THEN
    PERFORM register_refuse('register_link_is_whole');
  END IF;
  PERFORM 1 FROM units u WHERE (u.tenant_id, u.id) IN
      (SELECT tenant_id, predecessor_id FROM linked UNION SELECT tenant_id, successor_id FROM linked)
      ORDER BY u.code FOR NO KEY UPDATE;
  IF EXISTS (SELECT 1 FROM linked JOIN units u ON u.tenant_id = linked.tenant_id
      AND u.id IN (linked.predecessor_id, linked.successor_id) WHERE u.state = 'historical')
      OR EXISTS (SELECT predecessor_id FROM linked INTERSECT SELECT successor_id FROM linked) THEN
    PERFORM register_refuse('register_unit_is_living');
  END IF;
  UPDATE units SET state = 'historical'
      WHERE (tenant_id, id) IN (SELECT tenant_id, predecessor_id FROM linked);
  RETURN NULL;
END $$"""

UNIT_DDL = (
    UNIT_RETIRES,
    """CREATE TRIGGER register_unit_retires BEFORE UPDATE OF state ON units
    FOR EACH ROW EXECUTE FUNCTION register_unit_retires()""",
)
LINK_DDL = (
    LINKS_WHOLE,
    """CREATE TRIGGER register_links_whole AFTER INSERT ON unit_links REFERENCING NEW TABLE AS linked
    FOR EACH STATEMENT EXECUTE FUNCTION register_links_whole()""",
)
