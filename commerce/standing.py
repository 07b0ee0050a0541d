"""Which credentials still open anything: found out for many at once, and without any of them being used."""

from collections.abc import Sequence

from commerce.sessions import IDLE_END
from models import clock, database
from models.access_tokens import parent_lives
from models.accounts import AccountState
from models.partners import standing, today
from models.scoping import numbered


async def standing_of(fingerprints: Sequence[bytes]) -> dict[bytes, str]:
    """
    Give a mark to each credential that opens something at this instant, by its fingerprint; others have none.

    What lasts, such as a stream, asks this before it comes with its credential again: a key of a session that was
    replaced meanwhile would seem to have been copied, and end the session. So it has no mark as soon as it is replaced.
    The mark of a token is another one once its partner's standing is.
    """
    lives = parent_lives()
    text, values = numbered(
        f"""SELECT k.token_hash, 'open' AS mark
        FROM session_token k JOIN session s ON s.id = k.session_id JOIN account a ON a.id = s.account_id
        WHERE k.token_hash = ANY(:hashes) AND k.rotated_at IS NULL AND s.ended_at IS NULL
            AND s.expires_at > :now AND s.last_seen_at > :idle AND a.state <> :cancelled
        UNION ALL SELECT t.token_hash, concat('open ', {standing("p")})
        FROM access_token t JOIN partner p ON p.id = t.partner_id
        WHERE t.token_hash = ANY(:hashes) AND t.revoked_at IS NULL AND t.expires_at > :now AND {lives}
        UNION ALL SELECT f.token_hash, 'open' FROM third_party_proof f
        WHERE f.token_hash = ANY(:hashes) AND f.expires_at > :now""",  # noqa: S608  # of our own texts alone
        {
            "hashes": list(fingerprints),
            "now": clock.now(),
            "today": today(),
            "idle": clock.now() - IDLE_END,
            "cancelled": AccountState.CANCELLED.value,
        },
    )
    return {row["token_hash"]: row["mark"] for row in await database.fetch(text, *values)}
