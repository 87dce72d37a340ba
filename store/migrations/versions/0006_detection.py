"""Detection: what baselines are made from, and which stream a finding is about (issue 6)."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, part, size in (("topic_day", "topic", 32), ("site_day", "site", 128)):
        op.create_table(
            name,
            sa.Column("subject_id", sa.Integer(), nullable=False),
            sa.Column("day_cn", sa.Integer(), nullable=False),
            sa.Column(part, sa.String(length=size), nullable=False),
            sa.Column("voices" if part == "topic" else "posts", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["subject_id"], ["subject.id"], name=op.f(f"fk_{name}_subject_id_subject")
            ),
            sa.PrimaryKeyConstraint("subject_id", "day_cn", part, name=op.f(f"pk_{name}")),
        )
    op.create_table(
        "pooled_week",
        sa.Column("monday", sa.Integer(), nullable=False),
        sa.Column("estimates", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("monday", name=op.f("pk_pooled_week")),
    )
    op.create_table(
        "stream_mark",
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("relation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_stream_mark_subject_id_subject")
        ),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_stream_mark")),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("stream", sa.String(length=32), nullable=False, server_default="-")
        )
    op.execute("UPDATE finding SET stream = ''")
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.alter_column("stream", existing_type=sa.String(length=32), server_default=None)
    # What was seen so far is history, not news; its days are counted by the next assessment.
    op.execute(
        "INSERT INTO stream_mark (subject_id, relation_id)"
        " SELECT subject.id, coalesce((SELECT max(id) FROM relation), 0) FROM subject"
    )
    op.execute(
        "INSERT INTO dirty_day (day_cn, subject_id)"
        " SELECT DISTINCT mention.day_cn, mention.subject_id FROM mention"
        " WHERE NOT EXISTS (SELECT 1 FROM dirty_day WHERE dirty_day.day_cn = mention.day_cn"
        " AND dirty_day.subject_id = mention.subject_id)"
    )
