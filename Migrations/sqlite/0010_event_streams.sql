-- Receivers of security events: at most one stream a client, gone with the client.
CREATE TABLE event_streams (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 32),
    client_number INTEGER NOT NULL UNIQUE REFERENCES clients (number) ON DELETE CASCADE,
    -- One a line, as they were when the stream was made.
    audience TEXT NOT NULL CHECK (audience <> ''),
    status TEXT NOT NULL CHECK (status IN ('enabled', 'paused', 'disabled')),
    status_reason TEXT,
    -- Event type URIs, one a line; NULL: all.
    requested TEXT,
    description TEXT,
    -- How many events may wait.
    capacity INTEGER NOT NULL CHECK (capacity > 0),
    created_at INTEGER NOT NULL,
    last_seq INTEGER NOT NULL DEFAULT 0,
    -- The number of rows below, since counting a full stream takes long.
    pending INTEGER NOT NULL DEFAULT 0 CHECK (pending >= 0),
    dropped INTEGER NOT NULL DEFAULT 0,
    verified_at INTEGER,
    acknowledged_at INTEGER
) STRICT;

-- What waits for an acknowledgement. Written in the transaction of its cause, deleted when it is acknowledged.
CREATE TABLE stream_events (
    stream INTEGER NOT NULL REFERENCES event_streams (number) ON DELETE CASCADE,
    seq INTEGER NOT NULL CHECK (seq >= 1),
    jti TEXT NOT NULL CHECK (length(jti) = 22),
    kind TEXT NOT NULL,
    -- NULL: about the stream itself.
    user_id BLOB,
    session_id BLOB,
    at INTEGER NOT NULL,
    initiator TEXT,
    reason TEXT,
    txn TEXT NOT NULL,
    state TEXT,
    PRIMARY KEY (stream, seq),
    CHECK (session_id IS NULL OR user_id IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX stream_events_jti ON stream_events (stream, jti);
