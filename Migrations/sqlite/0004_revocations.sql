-- The append-only log. seq comes from revocation_state in the entry's own transaction and is never used twice.
CREATE TABLE revocations (
    seq INTEGER PRIMARY KEY CHECK (seq >= 1),
    kind TEXT NOT NULL CHECK (kind IN ('token', 'session', 'user', 'client', 'key', 'all')),
    -- The id's text; NULL for `all`.
    subject TEXT,
    -- The session of a `token` entry, where it is known.
    session_id BLOB,
    -- Unix seconds.
    issued_before INTEGER,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    note TEXT,
    actor TEXT NOT NULL,
    CHECK ((subject IS NULL) = (kind = 'all')),
    CHECK ((issued_before IS NOT NULL) = (kind IN ('user', 'client', 'all')))
) STRICT;

CREATE INDEX revocations_subject ON revocations (kind, subject);
CREATE INDEX revocations_session ON revocations (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX revocations_expiry ON revocations (expires_at);
-- How many tokens without a session one actor has revoked.
CREATE INDEX revocations_actor ON revocations (actor, expires_at) WHERE kind = 'token' AND session_id IS NULL;

-- One row. The clock floor is the latest instant that an issuance or a revocation used; durations are milliseconds.
CREATE TABLE revocation_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch TEXT NOT NULL,
    last_seq INTEGER NOT NULL CHECK (last_seq >= 0),
    clock_floor INTEGER NOT NULL,
    token_horizon INTEGER NOT NULL CHECK (token_horizon > 0),
    -- A shorter horizon that holds once every longer token has expired.
    lower_horizon INTEGER CHECK (lower_horizon > 0),
    lower_horizon_at INTEGER,
    max_skew INTEGER NOT NULL CHECK (max_skew >= 0),
    issued_before INTEGER,
    sessions_ended_at INTEGER,
    -- What a restored backup or a reset clock still asks for before anything is served.
    settlement TEXT NOT NULL DEFAULT 'none'
        CHECK (settlement IN ('none', 'restored', 'restored_keep_sessions', 'clock_reset')),
    CHECK ((lower_horizon IS NULL) = (lower_horizon_at IS NULL))
) STRICT;

INSERT INTO revocation_state (id, epoch, last_seq, clock_floor, token_horizon, max_skew)
VALUES (1, '', 0, 0, 300000, 120000);
