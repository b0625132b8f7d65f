-- expand
-- Signing in on pages of our own: browser sessions, authorization codes, consents.

-- A client of the server's own, such as its sign-in pages: no administrator sees or changes it.
ALTER TABLE clients ADD COLUMN built_in bigint NOT NULL DEFAULT 0 CHECK (built_in IN (0, 1));

-- Applications that exist today never asked their users for consent, and go on like that. Those without a list of scopes
-- keep the list that they had by default, which loses offline_access. Textually, because members that this program does
-- not know stay as they are.
UPDATE clients SET settings = '{"consent":"never"'
    || CASE WHEN settings LIKE '%"scope":%' THEN ''
        ELSE ',"scope":"openid profile email offline_access latchkey:account"' END
    || CASE settings WHEN '{}' THEN '' ELSE ',' END || substr(settings, 2);

-- transport 0 with server_session 1 is a browser session: one browser's sign-in at the server itself.
-- The browser session that an authorization code came from. Rotation never writes it.
ALTER TABLE sessions ADD COLUMN parent bytea CHECK (length(parent) = 16);
-- When the password was checked, in milliseconds; NULL: when the session was created.
ALTER TABLE sessions ADD COLUMN auth_time bigint;
-- `method:instant`, separated by spaces; NULL: authentication_methods at auth_time.
ALTER TABLE sessions ADD COLUMN proofs text COLLATE "C";
-- Resource indicators (RFC 8707), one a line; NULL: none.
ALTER TABLE sessions ADD COLUMN resources text COLLATE "C";
-- 0: directly, 1: with an authorization code
ALTER TABLE sessions ADD COLUMN begun_by bigint NOT NULL DEFAULT 0 CHECK (begun_by IN (0, 1));

CREATE INDEX sessions_parent ON sessions (parent) WHERE parent IS NOT NULL;
CREATE INDEX sessions_browser ON sessions (user_id)
WHERE transport = 0 AND server_session = 1 AND ended_at IS NULL;

-- What a browser session has beyond other sessions.
CREATE TABLE browser_sessions (
    session_id bytea NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    -- Whether the browser keeps the cookie when it is closed.
    persistent bigint NOT NULL CHECK (persistent IN (0, 1)),
    -- When the user last proved anew who it is, and what the generation before that rests on.
    renewed_at bigint NOT NULL,
    previous_proofs text COLLATE "C"
);

-- Authorization codes (RFC 6749 4.1.2), by their SHA-256. The table that it replaces goes when no node uses it any more.

CREATE TABLE authorization_codes (
    code_digest bytea NOT NULL PRIMARY KEY CHECK (length(code_digest) = 32),
    user_id bytea NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_number bigint NOT NULL REFERENCES clients (number) ON DELETE CASCADE,
    redirect_uri text COLLATE "C" NOT NULL,
    -- Of method S256 (RFC 7636).
    challenge text COLLATE "C",
    nonce text COLLATE "C",
    scope text COLLATE "C" NOT NULL,
    resources text COLLATE "C",
    -- The browser session; NULL for a login of the application's own page.
    parent bytea CHECK (length(parent) = 16),
    -- `method:instant`, separated by spaces.
    proofs text COLLATE "C" NOT NULL,
    -- The version of the password that was verified.
    password_version bigint NOT NULL,
    -- The sign-in that it ends; NULL when no form was posted.
    sign_in bytea UNIQUE CHECK (length(sign_in) = 16),
    device_name text COLLATE "C",
    network text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    -- The session that the code made; NULL until then.
    session_id bytea
);

CREATE INDEX authorization_codes_user ON authorization_codes (user_id, created_at);
CREATE INDEX authorization_codes_client ON authorization_codes (client_number);
CREATE INDEX authorization_codes_expiry ON authorization_codes (expires_at);

-- Sign-ins on pages, from the first proof on. A row is found by the browser's cookie and the form; it grants nothing but
-- the next step. Once it has led to a code it is kept, so that the same form sent again gets the same answer.
CREATE TABLE sign_ins (
    id bytea NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    browser_digest bytea NOT NULL CHECK (length(browser_digest) = 32),
    form_id bytea NOT NULL CHECK (length(form_id) = 16),
    user_id bytea NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_number bigint NOT NULL REFERENCES clients (number) ON DELETE CASCADE,
    -- SHA-256 of the authorization request.
    request_digest bytea NOT NULL CHECK (length(request_digest) = 32),
    -- As those of a code; empty while the sign-in rests on a browser session alone.
    proofs text COLLATE "C" NOT NULL,
    password_version bigint NOT NULL,
    -- From which its code is derived.
    nonce bytea NOT NULL CHECK (length(nonce) = 16),
    network text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    -- The browser session that it led to; NULL until then.
    session_id bytea,
    UNIQUE (browser_digest, form_id)
);

CREATE INDEX sign_ins_user ON sign_ins (user_id, created_at);
CREATE INDEX sign_ins_client ON sign_ins (client_number);
CREATE INDEX sign_ins_expiry ON sign_ins (expires_at);

-- What users let applications have.
CREATE TABLE consents (
    user_id bytea NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_number bigint NOT NULL REFERENCES clients (number) ON DELETE CASCADE,
    scope text COLLATE "C" NOT NULL,
    granted_at bigint NOT NULL,
    PRIMARY KEY (user_id, client_number)
);

CREATE INDEX consents_client ON consents (client_number);
