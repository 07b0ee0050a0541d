"""Who knows of an account, and of what hangs on it alone."""

from models.affiliates import consenting
from models.risk_control import account_looked_into, is_risk_control, looking_into
from models.scoping import Scope, cleared_for, scope_for
from policy.classes import ACCOUNT
from policy.purposes import Purpose
from policy.viewer import Viewer

USERS_READ = "users:read"


def account_scope(viewer: Viewer, subject: str) -> Scope:
    """Scope a table whose rows are known of by whoever knows of an account."""
    # A child sees their own account before the guardian consents, because they must ask for that consent (P7.3).
    return scope_for(
        viewer,
        subject=subject,
        person="TRUE",
        guardian="TRUE",
        partners={**consenting(viewer), **looking_into(viewer, account_looked_into())},
        agent=cleared_for(Purpose.CUSTOMER_SERVICE),
        officer=cleared_for(Purpose.PRIVACY),
        token_scopes=frozenset({USERS_READ}),
        core=ACCOUNT,
        facts={"is_window_open": account_looked_into()} if is_risk_control(viewer) else None,
    )
