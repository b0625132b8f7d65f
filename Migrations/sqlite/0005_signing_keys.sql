-- Signing keys by thumbprint. Only a key that signs or will sign may have a private half, sealed with the master key.
CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 43),
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('announced', 'active', 'retired', 'gone')),
    public_key BLOB NOT NULL,
    sealed_private_key BLOB,
    announced_at INTEGER NOT NULL,
    activated_at INTEGER,
    retired_at INTEGER,
    gone_at INTEGER,
    withdrawn INTEGER NOT NULL CHECK (withdrawn IN (0, 1)),
    CHECK (sealed_private_key IS NULL OR state IN ('announced', 'active'))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX signing_keys_active ON signing_keys (algorithm) WHERE state = 'active';

CREATE TABLE key_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- Grows with every change of signing_keys.
    version INTEGER NOT NULL,
    -- Tells at start whether the master key is the right one.
    master_key_probe BLOB
) STRICT;

INSERT INTO key_state (id, version) VALUES (1, 1);
