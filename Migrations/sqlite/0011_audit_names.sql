-- The names that the user an event is about, and the user who did it, had then: either may be renamed or deleted since.
-- NULL in rows of before, and where no user is meant. A user who did it to himself stands in the first column alone.
ALTER TABLE audit_events ADD COLUMN user_name TEXT;
ALTER TABLE audit_events ADD COLUMN actor_name TEXT;

-- Names that users had and have no more, so that their events are found by name. Kept for as long as the events.
CREATE TABLE former_names (
    normalised_name TEXT NOT NULL CHECK (normalised_name <> ''),
    user_id BLOB NOT NULL CHECK (length(user_id) = 16),
    given_up_at INTEGER NOT NULL,
    PRIMARY KEY (normalised_name, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX former_names_age ON former_names (given_up_at);

-- What may have ended sessions by a watermark, for whoever asks why one ended.
CREATE INDEX audit_events_watermarks ON audit_events (at)
WHERE kind = 'revocation.added' AND session_id IS NULL;
