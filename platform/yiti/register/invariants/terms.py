"""The promises about terms: they belong to a current entry of a kind that lapses by law."""

TERM_FITS = """
CREATE FUNCTION register_term_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM register_entries e WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.entry_id
      AND e.status = 'current'
      AND (e.kind = 'presale_notice' OR e.kind = 'objection' AND NEW.kind = 'lifted')) THEN
    PERFORM register_refuse('register_term_fits');
  END IF;
  RETURN NEW;
END $$"""

TERM_DDL = (
    TERM_FITS,
    """CREATE TRIGGER register_term_fits BEFORE INSERT ON entry_terms
    FOR EACH ROW EXECUTE FUNCTION register_term_fits()""",
)
