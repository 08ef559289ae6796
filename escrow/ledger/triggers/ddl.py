"""How the statements of the ledger's triggers are spelled."""


def read_only(*tables: str) -> tuple[str, ...]:
    """Take from the application role every right on the tables but reading."""
    return tuple(f"REVOKE INSERT, UPDATE, DELETE ON {table} FROM yiti_app" for table in tables)


def function(name: str, takes: str, gives: str, body: str, *, owner: bool = False) -> str:
    rights = "\nSECURITY DEFINER SET search_path = public, pg_temp" if owner else ""
    return f"CREATE FUNCTION {name}({takes}) {gives} LANGUAGE plpgsql{rights} AS $${body}$$"


def trigger(table: str, name: str, when: str) -> str:
    return f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
