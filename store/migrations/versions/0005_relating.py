"""Events and detection: related posts are found by keys in the store (issue 6)."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "posting",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("relation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "relation_id", name=op.f("pk_posting")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event_profile",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("subjects", sa.Text(), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_profile_event_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_profile")),
    )
    with op.batch_alter_table("relation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("hop", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("evidence", sa.String(length=8), nullable=True))
        batch_op.create_foreign_key(op.f("fk_relation_hop"), "post", ["hop"], ["id"])
    op.drop_table("event_alias")  # never written: merges are rows of event_merge, by subject
    # What was related before has no keys yet: relate gives them, from the first relation on.
    op.execute(
        "INSERT INTO installation (key, value) "
        "SELECT 'relate_keyed_through', '0' WHERE EXISTS (SELECT 1 FROM relation)"
    )
