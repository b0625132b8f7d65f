-- Applications. Sessions refer to the number, which is never used twice: a client that is deleted and made again under
-- the same id does not inherit the old one's sessions. Lists have one element a line; durations are milliseconds.
CREATE TABLE clients (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 64),
    kind TEXT NOT NULL CHECK (kind IN ('public', 'confidential')),
    first_party INTEGER NOT NULL CHECK (first_party IN (0, 1)),
    disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    origins TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    audiences TEXT NOT NULL,
    -- What it may ask for; NULL is the default scope, which is not the empty one.
    scope TEXT,
    grants TEXT NOT NULL,
    algorithm TEXT,
    access_lifetime INTEGER CHECK (access_lifetime > 0),
    idle_lifetime INTEGER CHECK (idle_lifetime > 0),
    absolute_lifetime INTEGER CHECK (absolute_lifetime > 0),
    created_at INTEGER NOT NULL,
    issued_before INTEGER,
    sessions_ended_at INTEGER
) STRICT;

-- Sealed digests. The row whose expires_at is NULL is the current secret; at most one per client.
CREATE TABLE client_secrets (
    client_number INTEGER NOT NULL REFERENCES clients (number) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    sealed BLOB NOT NULL CHECK (length(sealed) > 0),
    expires_at INTEGER,
    PRIMARY KEY (client_number, created_at)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX client_secrets_current ON client_secrets (client_number) WHERE expires_at IS NULL;

-- Grows with every change of any client.
CREATE TABLE client_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;

INSERT INTO client_state (id, version) VALUES (1, 1);
