-- expand
-- What applications are told about a user, by scope. What each column means stands in SQLite's migration 15.
CREATE TABLE profiles (
    user_id bytea PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    email text COLLATE "C" CHECK (email <> ''),
    email_key text COLLATE "C" CHECK (email_key <> '' AND (email IS NULL) = (email_key IS NULL)),
    email_verified_at bigint CHECK (email_verified_at IS NULL OR email IS NOT NULL),
    display_name text COLLATE "C" CHECK (display_name <> ''),
    locale text COLLATE "C" CHECK (locale <> ''),
    zoneinfo text COLLATE "C" CHECK (zoneinfo <> ''),
    claims text COLLATE "C" CHECK (length(claims) BETWEEN 2 AND 8192),
    updated_at bigint NOT NULL
);
CREATE INDEX profiles_email_key ON profiles (email_key) WHERE email_key IS NOT NULL;
