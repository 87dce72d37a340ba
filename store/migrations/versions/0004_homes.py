"""Text: the homes authors have named are found by author (issue 5)."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index(
            "ix_post_author_home",
            ["site", "author_key"],
            unique=False,
            sqlite_where=sa.text("household_key IS NOT NULL"),
            postgresql_where=sa.text("household_key IS NOT NULL"),
        )
