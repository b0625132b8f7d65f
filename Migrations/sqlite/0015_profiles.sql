-- What applications are told about a user, by scope. A table of its own: `users` is read with every session, and none
-- of this is needed there. A user without a row has told nothing.
CREATE TABLE profiles (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- As written, and in the form in which addresses are compared. Only a setting makes addresses unique, and it can
    -- be switched on later, so the rule checks that and not an index.
    email TEXT CHECK (email <> ''),
    email_key TEXT CHECK (email_key <> '' AND (email IS NULL) = (email_key IS NULL)),
    email_verified_at INTEGER CHECK (email_verified_at IS NULL OR email IS NOT NULL),
    display_name TEXT CHECK (display_name <> ''),
    locale TEXT CHECK (locale <> ''),
    zoneinfo TEXT CHECK (zoneinfo <> ''),
    -- Further standard claims and claims of the operator: one JSON object.
    claims TEXT CHECK (length(claims) BETWEEN 2 AND 8192),
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX profiles_email_key ON profiles (email_key) WHERE email_key IS NOT NULL;
