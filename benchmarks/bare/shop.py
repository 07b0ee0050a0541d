"""What both hand-written servers share: the connection, who is signed in, cells, the ledger, cursors."""

import hashlib
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import orjson
from asyncpg import Record
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from commerce.credentials import fingerprint
from commerce.sessions import IDLE_END, OVERLAP
from models import clock, secrets
from models.ids import new_id, seal_cursor
from models.keys import KEY_BYTES, NONCE_BYTES, KeyStore
from models.partners import standing
from models.pool import Connection, Pool
from models.roles import APP
from models.rows import NEWEST_FIRST
from models.sealed import PADDED_TO, VERSION
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
    who AS (SELECT n.supplier_id AS id, n.id AS partner, t.id AS token
        FROM access_token t JOIN partner n ON n.id = t.partner_id
        WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND t.expires_at > $2
        AND t.scopes ? 'fulfillment_orders:read' AND {standing("n").replace(":today", _TODAY)})
"""
SHOWN = "p.status = 'ACTIVE' AND p.published_at <= $2"

_KEY = "INSERT INTO subject_key (subject, wrapped, wrapped_by, created_at) VALUES ($1, $2, $3, $4)"
_DISCLOSE = """
    INSERT INTO disclosure (id, account_id, party, supplier_id, partner_id, credential_id, classes, purpose, clauses,
        order_id, operation, rules, disclosed_at, partition, position, hash)
    SELECT r.id, r.account_id, 'SUPPLIER', $6, $7, $8, $9::jsonb, 'FULFILMENT', $10::jsonb, r.order_id, 'Parts',
        'by hand', $11, $12, r.position, r.hash
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bytea[])
        AS r(id, account_id, order_id, position, hash)
"""
_CHARGE = """
    INSERT INTO disclosure (id, account_id, party, partner_id, classes, purpose, clauses, order_id, operation, rules,
        disclosed_at, partition, position, hash)
    SELECT $1, $2, 'PAYMENT_INSTITUTION', p.id, $3::jsonb, 'PAYMENT', $4::jsonb, $5, 'checkoutComplete', 'by hand',
        $6, $7, $8, $9 FROM partner p WHERE p.institution = 'SANDBOX' ORDER BY p.created_at DESC LIMIT 1
"""
_CHARGED = orjson.dumps(["ORDER_AMOUNT", "ORDER_NUMBER"]).decode()
_CHARGED_BY = orjson.dumps(["P2.5"]).decode()
_CLASSES = orjson.dumps(["ORDER", "ORDER_NUMBER", "RECIPIENT_ADDRESS", "RECIPIENT_NAME", "RECIPIENT_PHONE"]).decode()
_CLAUSES = orjson.dumps(["P2.6", "P4.2"]).decode()


class Shop:
    """One connection that is held, with the settings of the product's own."""

    def __init__(self, settings: Settings) -> None:
        secrets.configure(settings.secrets)
        if settings.database is None or settings.keys is None:
            raise ValueError("A hand-written server has no database of its own; name both.")
        shop, keys = (
            Pool(name, url, size=1, command_timeout_s=COMMAND_TIMEOUT_S, role=APP)
            for name, url in (("shop", settings.database.address), ("keys", settings.keys.address))
        )
        self._shop, self._store, self._pools = shop, keys, (shop, keys)
        self._keys = KeyStore(keys, settings.secrets)
        self._active = settings.secrets.active
        self._wrapping = AESGCM(settings.secrets.key_encryption_keys[self._active])
        self._partition, self._position, self._hash = uuid4(), 0, bytes(32)
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
            self._shop.release(self._connection)
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

    async def execute(self, sql: str, *values: object) -> None:
        """Run a statement that gives no rows."""
        await self.fetch_more(sql, *values)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[None]:
        """Run what is in a block in one transaction."""
        if self._connection is None:
            raise ValueError("Connect first.")
        async with self._connection.transaction():
            yield

    async def sealed(self, recipient: UUID, plain: Mapping[str, str]) -> list[bytes]:
        """Make a key for a recipient, keep it, and seal the columns `SEALED`; `plain` goes by their GraphQL names."""
        key, nonce = os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES)
        place = b"avow key 1 " + recipient.bytes + self._active.encode()
        wrapped = nonce + self._wrapping.encrypt(nonce, key, place)
        self.statements += 1
        async with self._store.connection() as connection:
            await connection.execute(_KEY, recipient, wrapped, self._active, clock.now())
        cipher = AESGCM(key)
        return [_sealed(cipher, prefix + recipient.bytes, plain[name]) for _, name, prefix in _PLACES]

    async def disclose_charge(self, buyer: UUID, order: UUID) -> None:
        """Note that an institution is told of a charge."""
        now = clock.now()
        said = [buyer, order, now, _CHARGED, _CHARGED_BY]
        self._hash = hashlib.sha256(self._hash + orjson.dumps(said, default=str)).digest()
        self._position += 1
        place = (self._partition, self._position, self._hash)
        await self.execute(_CHARGE, uuid4(), buyer, _CHARGED, _CHARGED_BY, order, now, *place)

    async def disclose(self, rows: Sequence[Record]) -> None:
        """Note in one statement, in a chain of hashes, that a supplier is shown the recipients of rows."""
        first = rows[0]
        now, hashes = clock.now(), list[bytes]()
        for row in rows:
            said = [row["buyer_id"], row["order_id"], first["token"], now, _CLASSES, _CLAUSES]
            self._hash = hashlib.sha256(self._hash + orjson.dumps(said, default=str)).digest()
            hashes.append(self._hash)
        start, self._position = self._position + 1, self._position + len(rows)
        await self.execute(
            _DISCLOSE,
            [new_id() for _ in rows],
            [row["buyer_id"] for row in rows],
            [row["order_id"] for row in rows],
            list(range(start, self._position + 1)),
            hashes,
            first["supplier_id"],
            first["partner"],
            first["token"],
            _CLASSES,
            _CLAUSES,
            now,
            self._partition,
        )

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


def _sealed(key: AESGCM, place: bytes, text: str) -> bytes:
    padded, nonce = text.encode() + b"\x80", os.urandom(NONCE_BYTES)
    return VERSION + nonce + key.encrypt(nonce, padded + bytes(-len(padded) % PADDED_TO), place)


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
