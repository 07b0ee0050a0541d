"""What is asked anew of whoever comes of age, and which version of the policy is the person's own (P7.5)."""

# ruff: noqa: RUF012 -- Tortoise reads these lists from the class.

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint

# The last version that a person accepted before a guardian first accepted one for them, 0 for none. Whoever is of age
# by now goes back to it, unless they have agreed to one since that nobody accepted for them.
_GO_BACK = """WITH own AS (
    SELECT g.account_id, coalesce((
        SELECT v.version FROM policy_acceptance p JOIN policy_version v ON v.id = p.policy_version_id
        WHERE p.account_id = g.account_id AND p.accepted_at < g.first_at
        ORDER BY p.accepted_at DESC LIMIT 1), 0) AS version, g.last_at
    FROM (SELECT account_id, min(accepted_at) AS first_at, max(accepted_at) AS last_at
        FROM policy_acceptance WHERE accepted_by_id IS NOT NULL GROUP BY account_id) g)
UPDATE account a SET own_version = CASE WHEN a.age_band <> 'ADULT' THEN own.version END,
    agreed_version = CASE WHEN a.age_band <> 'ADULT' OR EXISTS (
        SELECT FROM policy_acceptance p WHERE p.account_id = a.id AND p.accepted_by_id IS NULL
            AND p.manner = 'EXPLICIT' AND p.accepted_at > own.last_at)
        THEN a.agreed_version ELSE nullif(own.version, 0) END
FROM own WHERE own.account_id = a.id"""


class Migration(migrations.Migration):
    dependencies = [("shop", "0029_sharing_grounds")]

    initial = False

    operations = [
        ops.AddField(model_name="Account", name="own_version", field=fields.IntField(null=True)),
        ops.AddField(model_name="Account", name="asked_anew", field=fields.IntField(db_default=0, default=0)),
        ops.AddField(model_name="Account", name="unanswered", field=fields.IntField(db_default=0, default=0)),
        ops.RunSQL(_GO_BACK),
        ops.AlterModelOptions(name="PolicyAcceptance", options={"table": "policy_acceptance", "unique_together": ()}),
        ops.RunSQL("ALTER TABLE policy_acceptance DROP CONSTRAINT uid_policy_acce_account_48a942"),
        ops.AddConstraint(
            model_name="PolicyAcceptance",
            constraint=UniqueConstraint(
                fields=("account_id", "policy_version_id", "manner"), name="policy_acceptance_is_once_in_a_manner"
            ),
        ),
    ]
