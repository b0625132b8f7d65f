-- Token Status Lists: which access token has which place in which list. Empty unless status_list.enabled.
CREATE TABLE status_lists (
    -- The instant of opening in milliseconds, or the next number after the last: never used twice, as the store's clock
    -- never goes back, not even when a backup is restored.
    number INTEGER PRIMARY KEY CHECK (number >= 1),
    -- Places, used or not: a power of two.
    size INTEGER NOT NULL CHECK (size >= 8 AND size % 8 = 0),
    opened_at INTEGER NOT NULL,
    -- Every token in it has expired at this instant; the list and its entries leave max_skew later.
    expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL CHECK (used BETWEEN 0 AND size)
) STRICT;

CREATE INDEX status_lists_expiry ON status_lists (expires_at, opened_at);

-- One row a token, kept until its list leaves: the key is what makes sure that no place is given twice.
CREATE TABLE status_entries (
    list_number INTEGER NOT NULL,
    place INTEGER NOT NULL CHECK (place >= 0),
    token_id TEXT NOT NULL,
    session_id BLOB,
    -- `sub`
    subject TEXT NOT NULL,
    client_id TEXT NOT NULL,
    key_id TEXT NOT NULL,
    -- Unix seconds, as in the token.
    issued_at INTEGER NOT NULL,
    PRIMARY KEY (list_number, place)
) STRICT, WITHOUT ROWID;
