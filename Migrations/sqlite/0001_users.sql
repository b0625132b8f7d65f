-- Accounts. Instants are Unix milliseconds, except issued_before: the last revoked `iat`, in Unix seconds.
CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL CHECK (name <> ''),
    normalised_name TEXT NOT NULL UNIQUE CHECK (normalised_name <> ''),
    -- One role a line.
    roles TEXT NOT NULL,
    disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    must_change_password INTEGER NOT NULL CHECK (must_change_password IN (0, 1)),
    created_at INTEGER NOT NULL,
    issued_before INTEGER,
    -- Sessions created up to this instant have ended.
    sessions_ended_at INTEGER
) STRICT, WITHOUT ROWID;

-- The one credential of an account. The version grows with each change; a login that verified another one loses.
CREATE TABLE passwords (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL CHECK (hash <> ''),
    version INTEGER NOT NULL CHECK (version >= 1),
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
