"""The tables of the key store, as numbered versions of plain SQL; they are few and Tortoise has no part in them."""

VERSIONS: tuple[tuple[str, str], ...] = (
    (
        "0001_subject_keys",
        """
        CREATE TABLE key_encryption_key (
            id text PRIMARY KEY,
            proof bytea NOT NULL,
            added_at timestamptz NOT NULL
        );
        CREATE TABLE subject_key (
            subject uuid PRIMARY KEY,
            wrapped bytea,
            wrapped_by text REFERENCES key_encryption_key (id) ON DELETE RESTRICT,
            created_at timestamptz NOT NULL,
            destroyed_at timestamptz,
            CONSTRAINT subject_key_is_whole_or_destroyed CHECK (
                (wrapped IS NULL) = (destroyed_at IS NOT NULL) AND (wrapped IS NULL) = (wrapped_by IS NULL)
            )
        ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20);
        CREATE INDEX subject_key_wrapped_by ON subject_key (wrapped_by, subject) WHERE wrapped IS NOT NULL;
        """,
    ),
    (
        "0002_ledger_checkpoints",
        """
        CREATE TABLE ledger_checkpoint (
            partition uuid NOT NULL,
            position bigint NOT NULL CHECK (position > 0),
            hash bytea NOT NULL CHECK (octet_length(hash) = 32),
            signed_at timestamptz NOT NULL,
            signature bytea NOT NULL,
            PRIMARY KEY (partition, position)
        );
        """,
    ),
    (
        "0003_storage_region",
        """
        CREATE TABLE storage_region (
            id smallint PRIMARY KEY CHECK (id = 1),
            region text NOT NULL,
            noted_at timestamptz NOT NULL
        );
        """,
    ),
)

# Nobody but the program may read the keys, wrapped as they are: the reader is granted nothing.
APP_GRANTS: dict[str, frozenset[str]] = {
    "key_encryption_key": frozenset({"SELECT", "INSERT", "DELETE"}),
    "subject_key": frozenset({"SELECT", "INSERT", "UPDATE"}),
    "ledger_checkpoint": frozenset({"SELECT", "INSERT"}),
    "applied_version": frozenset({"SELECT"}),
    "storage_region": frozenset({"SELECT"}),
}
