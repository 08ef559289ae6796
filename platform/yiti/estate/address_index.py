"""How the database finds units by any part of their address: trigrams, and a function that may use their index.

Behind row-level security PostgreSQL uses no index for `LIKE`, which is not leakproof: it would read every unit of the
county. The function runs as the owner, names the county itself, and tells nothing but ids, which the caller reads
again behind the wall (ADR 0012).
"""

EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"

ADDRESS_DDL = (
    r"""CREATE FUNCTION units_by_address(words text[], most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  patterns text[] := ARRAY(
    SELECT '%' || replace(replace(replace(word, '\', '\\'), '%', '\%'), '_', '\_') || '%'
    FROM unnest(words) AS word ORDER BY length(word) DESC);
BEGIN
  RETURN QUERY SELECT u.id FROM units u
    WHERE u.tenant_id = current_setting('yiti.tenant', true) AND u.state <> 'historical'
      AND u.location LIKE patterns[1] AND u.location LIKE ALL (patterns)
    ORDER BY u.code LIMIT most;
END $$""",
    "REVOKE ALL ON FUNCTION units_by_address(text[], integer) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION units_by_address(text[], integer) TO yiti_app",
)
