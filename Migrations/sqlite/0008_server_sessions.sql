-- Sessions without JWT. A column of its own and no wider `transport`: its CHECK could only change with a copy of the
-- whole table. transport 1 with server_session 1 is a session whose cookie names the session itself.
ALTER TABLE sessions ADD COLUMN server_session INTEGER NOT NULL DEFAULT 0 CHECK (server_session IN (0, 1));

-- Where a browser goes to sign in, when the application is on another host than the login page.
ALTER TABLE clients ADD COLUMN login_uri TEXT;

-- What a sign-in on one host leaves for the callback on another. Neither code nor state is here, only their SHA-256.
CREATE TABLE login_codes (
    code_digest BLOB NOT NULL PRIMARY KEY CHECK (length(code_digest) = 32),
    state_digest BLOB NOT NULL CHECK (length(state_digest) = 32),
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The version of the password that was verified.
    password_version INTEGER NOT NULL,
    client_number INTEGER NOT NULL REFERENCES clients (number) ON DELETE CASCADE,
    redirect_uri TEXT NOT NULL,
    scope TEXT NOT NULL,
    device_name TEXT,
    network TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- The session that the code made; NULL until then.
    session_id BLOB
) STRICT, WITHOUT ROWID;

CREATE INDEX login_codes_user ON login_codes (user_id, created_at);
CREATE INDEX login_codes_client ON login_codes (client_number);
CREATE INDEX login_codes_expiry ON login_codes (expires_at);
