"""Finds the failures of the last minutes, which wait on the ladder, and those that are old enough to be forgotten.

Failures are written only when something fails, so that nobody who succeeds pays for this index.
"""

from alembic import op

revision = "post_0005"
down_revision = "post_0004"


def upgrade() -> None:
    op.create_index("failure_at_idx", "failure", ["at"], schema="post")
