"""The public form: what came in, match and confirm.

Role `onthaal_intake` inserts into view `intake.form` and can do nothing else. What it inserts lands in `submission`,
and a trigger of the owner adds the effect that makes a question of it: both or neither.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
REACH = "(SELECT current_setting('app.reach', true))"

ARRIVED = """
CREATE FUNCTION submission_arrived() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO outbox (id, topic, ids)
    VALUES (NEW.id, 'contacts.registerForm', jsonb_build_object('form', NEW.id));
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "submission",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("nonce", sa.LargeBinary()),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary()),
        sa.Column("accepted_at", MOMENT, nullable=False, index=True),
        sa.Column("question_id", sa.Uuid(), sa.ForeignKey("question.id"), unique=True),
        sa.Column("typed", sa.LargeBinary()),
        sa.Column("typed_lookup", sa.LargeBinary()),
        sa.UniqueConstraint("reference", name="ux_submission_reference"),
        sa.UniqueConstraint("nonce", name="ux_submission_nonce"),
        sa.CheckConstraint("(question_id IS NULL) = (payload IS NOT NULL)", name="ck_submission_payload"),
    )
    op.create_index("ix_submission_typed_lookup", "submission", ["typed_lookup", "accepted_at"])
    op.execute("GRANT SELECT, UPDATE (payload, question_id, typed, typed_lookup) ON submission TO onthaal_app")
    op.execute(
        "CREATE VIEW intake.form AS SELECT id, reference, nonce, secret_hash, payload, accepted_at FROM submission"
    )
    op.execute("GRANT INSERT ON intake.form TO onthaal_intake")
    op.execute("ALTER TABLE submission ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY written ON submission FOR INSERT WITH CHECK (question_id IS NULL)")
    op.execute(f"CREATE POLICY seen ON submission FOR SELECT USING ({REACH} = 'everything')")
    op.execute(f"CREATE POLICY changed ON submission FOR UPDATE USING ({REACH} = 'everything')")
    op.execute(ARRIVED)
    op.execute("REVOKE ALL ON FUNCTION submission_arrived() FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER submission_arrived AFTER INSERT ON submission"
        " FOR EACH ROW EXECUTE FUNCTION submission_arrived()"
    )
    _claims()


def _claims() -> None:
    op.create_table(
        "claim",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("submission_id", sa.Uuid(), sa.ForeignKey("submission.id"), nullable=False, unique=True),
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary()),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("wrong", sa.SmallInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.CheckConstraint("state IN ('open', 'confirmed', 'refused', 'burned', 'undone')", name="ck_claim_state"),
        sa.CheckConstraint("wrong BETWEEN 0 AND 5", name="ck_claim_wrong"),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="ck_claim_decided"),
    )
    op.create_index("ix_claim_customer", "claim", ["customer_id", "created_at"])
    op.execute("GRANT SELECT, INSERT ON claim TO onthaal_app")
    op.execute("GRANT UPDATE (state, token, token_hash, wrong, expires_at, decided_at) ON claim TO onthaal_app")


def downgrade() -> None:
    """Undo."""
    op.drop_table("claim")
    op.execute("DROP VIEW intake.form")
    op.drop_table("submission")
    op.execute("DROP FUNCTION submission_arrived()")
