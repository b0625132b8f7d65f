-- Who did what. Repeated failures of one minute share a row and count.
CREATE TABLE audit_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    user_id BLOB,
    session_id BLOB,
    client_id TEXT,
    network TEXT,
    -- A JSON object of strings.
    details TEXT NOT NULL,
    count INTEGER NOT NULL CHECK (count >= 1)
) STRICT;

CREATE INDEX audit_events_user ON audit_events (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_events_session ON audit_events (session_id) WHERE session_id IS NOT NULL;
-- Finds the like event of the last minute among those of one network.
CREATE INDEX audit_events_repeated ON audit_events (kind, network, at)
WHERE kind IN (
    'login.failed', 'login.throttled', 'refresh.refused', 'refresh.reused_elsewhere', 'client.authentication_failed'
);
