"""The maintenance fund on a case's bill."""

from pathlib import Path

from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | None = None
depends_on: str | None = None

_STATEMENTS = Path(__file__).with_suffix(".sql")
_BETWEEN = "\n-- next\n"


def upgrade() -> None:
    """Add what is new; what a county has kept stays as it is."""
    connection = op.get_bind()
    for statement in _STATEMENTS.read_text(encoding="utf-8").split(_BETWEEN):
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    """There is no way back: evidence is never dropped."""
    message = "evidence is never dropped; restore a backup instead"
    raise NotImplementedError(message)
