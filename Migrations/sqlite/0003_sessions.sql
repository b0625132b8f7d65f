-- One row a sign-in, clustered by id (UUIDv7, so inserts stay at the right edge). Rotation writes the columns from
-- current_generation to recovery_window_start: no index may cover one of them. No foreign keys: rows of deleted users
-- and clients read as absent and leave with the sweep.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL,
    client_number INTEGER NOT NULL,
    -- 0: body, 1: cookie
    transport INTEGER NOT NULL CHECK (transport IN (0, 1)),
    scope TEXT NOT NULL,
    nonce BLOB NOT NULL CHECK (length(nonce) = 16),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- Separated by spaces (RFC 8176).
    authentication_methods TEXT NOT NULL,
    device_name TEXT,
    network TEXT NOT NULL,
    current_generation INTEGER NOT NULL CHECK (current_generation BETWEEN 1 AND 4294967295),
    held_generation INTEGER NOT NULL CHECK (held_generation BETWEEN 0 AND current_generation - 1),
    rotated_at INTEGER NOT NULL,
    -- NULL: the network of the login.
    rotated_from TEXT,
    recoveries INTEGER NOT NULL CHECK (recoveries >= 0),
    recovery_window_start INTEGER NOT NULL,
    ended_at INTEGER,
    end_reason TEXT,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) STRICT, WITHOUT ROWID;

-- WITHOUT ROWID appends the primary key, so this is also the order of a user's own list.
CREATE INDEX sessions_user ON sessions (user_id);

-- The same without what has ended: a login looks here for the oldest of too many. Rotation never writes ended_at.
CREATE INDEX sessions_live ON sessions (user_id) WHERE ended_at IS NULL;

-- The number of rows, since counting ten million takes seconds.
CREATE TABLE session_count (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sessions INTEGER NOT NULL
) STRICT;

INSERT INTO session_count (id, sessions) VALUES (1, 0);
