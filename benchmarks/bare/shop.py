"""What both hand-written servers share: the connection, who is signed in, opened cells, cursors."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import Record

from commerce.credentials import fingerprint
from commerce.sessions import IDLE_END, OVERLAP
from models import clock, secrets
from models.ids import seal_cursor
from models.keys import NONCE_BYTES, KeyStore
from models.partners import standing
from models.pool import Connection, Pool
from models.roles import APP
from models.rows import NEWEST_FIRST
from models.sealed import VERSION
from resolvers.pages import public_context
from server.settings import Settings

COMMAND_TIMEOUT_S = 5.0
SEALED = ("name", "phone", "street", "city", "postal_code", "country")

# In every statement $1 is the credential's hash and $2 the present instant.
PERSON = f"""
    who AS (SELECT s.account_id AS id FROM session_token k JOIN session s ON s.id = k.session_id
        JOIN account a ON a.id = s.account_id
        WHERE k.token_hash = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND a.state <> 'CANCELLED'
        AND s.last_seen_at > $2::timestamptz - interval '{IDLE_END.days} days'
        AND (k.rotated_at IS NULL OR k.rotated_at > $2::timestamptz - interval '{OVERLAP.seconds} seconds'))
"""
_TODAY = "($2::timestamptz AT TIME ZONE 'UTC')::date"
PARTNER = f"""
    who AS (SELECT n.supplier_id AS id FROM access_token t JOIN partner n ON n.id = t.partner_id
        WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND t.expires_at > $2
        AND t.scopes ? 'fulfillment_orders:read' AND {standing("n").replace(":today", _TODAY)})
"""
SHOWN = "p.status = 'ACTIVE' AND p.published_at <= $2"


class Shop:
    """One connection that is held, with the settings of the product's own."""

    def __init__(self, settings: Settings) -> None:
        secrets.configure(settings.secrets)
        shop_url, keys_url = settings.database_url, settings.keys_url
        if shop_url is None or keys_url is None:
            raise ValueError("A hand-written server has no database of its own; name both.")
        shop, keys = (
            Pool(name, url, size=1, command_timeout_s=COMMAND_TIMEOUT_S, role=APP)
            for name, url in (("shop", shop_url), ("keys", keys_url))
        )
        self._shop, self._pools = shop, (shop, keys)
        self._keys = KeyStore(keys, settings.secrets)
        self._connection: Connection | None = None
        self.statements = 0
        """How many were run."""

    async def open(self) -> None:
        """Connect."""
        for pool in self._pools:
            await pool.open()
        self._connection = await self._shop.acquire()

    async def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            await self._shop.release(self._connection)
        for pool in self._pools:
            await pool.close()
        secrets.configure(None)

    async def fetch(self, credential: str, sql: str, *values: object) -> list[Record]:
        """Run a statement for whoever has a credential."""
        if self._connection is None:
            raise ValueError("Connect first.")
        self.statements += 1
        return await self._connection.fetch(sql, fingerprint(credential), clock.now(), *values)

    async def fetch_more(self, sql: str, *values: object) -> list[Record]:
        """Run a further statement of an answer, which needs no credential."""
        if self._connection is None:
            raise ValueError("Connect first.")
        self.statements += 1
        return await self._connection.fetch(sql, *values)

    async def recipients(self, rows: Sequence[Record]) -> list[dict[str, str | None]]:
        """Decrypt the recipient of each row: the columns `SEALED`, and `recipient_id`."""
        keys = await self._keys.keys({row["recipient_id"] for row in rows})
        opened: list[dict[str, str | None]] = []
        for row in rows:
            recipient: UUID = row["recipient_id"]
            key: Any = keys[recipient]
            place = recipient.bytes
            opened.append({name: _opened(key, prefix + place, row[column]) for column, name, prefix in _PLACES})
        return opened


def _opened(key: Any, place: bytes, cell: bytes | None) -> str | None:
    if cell is None:
        return None
    plain: bytes = key.decrypt(cell[_NONCE], cell[_TEXT], place)
    return plain.rstrip(b"\0")[:-1].decode()


_NONCE = slice(len(VERSION), len(VERSION) + NONCE_BYTES)
_TEXT = slice(len(VERSION) + NONCE_BYTES, None)
_PLACES = [
    (column, "postalCode" if column == "postal_code" else column, b"avow cell 1\0recipient\0" + column.encode() + b"\0")
    for column in SEALED
]


def cursor(row_id: UUID) -> str:
    """Seal the place of a product in the list of all, the newest first."""
    return seal_cursor(row_id.bytes, _CONTEXT)


_CONTEXT = public_context("products", NEWEST_FIRST)


def euros(minor: int | None) -> dict[str, str] | None:
    """Write a price."""
    if minor is None:
        return None
    return {"amount": f"{minor // 100}.{minor % 100:02d}", "currencyCode": "EUR"}
