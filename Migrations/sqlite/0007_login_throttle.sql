-- Failure counters in hashed buckets: 0 pair, 1 network, 2 account. Names and addresses are not stored.
CREATE TABLE login_throttle (
    kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2),
    bucket INTEGER NOT NULL CHECK (bucket BETWEEN 0 AND 1048575),
    failures INTEGER NOT NULL CHECK (failures >= 1),
    window_start INTEGER NOT NULL,
    last_failure INTEGER NOT NULL,
    PRIMARY KEY (kind, bucket)
) STRICT, WITHOUT ROWID;

-- Where a user signed in from: at most 32 networks each, for 90 days.
CREATE TABLE known_networks (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    network TEXT NOT NULL,
    last_success INTEGER NOT NULL,
    PRIMARY KEY (user_id, network)
) STRICT, WITHOUT ROWID;
