"""The ground floor: every table of the first release, with its walls, guards and rights.

Written out as SQL, so that what a county installed stays readable and never changes with the code.
"""

from pathlib import Path

from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

_STATEMENTS = Path(__file__).with_suffix(".sql")
_BETWEEN = "\n-- next\n"


def upgrade() -> None:
    """Create everything."""
    connection = op.get_bind()
    for statement in _STATEMENTS.read_text(encoding="utf-8").split(_BETWEEN):
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    """There is no way back from the first release: the register is never dropped."""
    message = "the register is never dropped; restore a backup instead"
    raise NotImplementedError(message)
