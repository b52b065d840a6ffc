-- Signing and HMAC keys, sealed with the installation's secret.
CREATE TABLE keys (
    id BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;
CREATE INDEX keys_purpose ON keys (purpose, id);

-- What every accepted change appends: ids only, never a name, an address or a text.
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    actor_id BLOB,
    subject_id BLOB NOT NULL,
    data TEXT NOT NULL,
    readers_see INTEGER NOT NULL
) STRICT;
CREATE INDEX events_subject ON events (subject_id, id);
CREATE INDEX events_readers_see ON events (id) WHERE readers_see;

-- Deeds to be done later, written in the transaction that wants them.
CREATE TABLE jobs (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_at INTEGER NOT NULL,
    claimed_until INTEGER,
    attempts INTEGER NOT NULL,
    last_error TEXT,
    dead_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_due ON jobs (run_at) WHERE dead_at IS NULL;

-- The answers given to requests that carried an Idempotency-Key, for a day.
CREATE TABLE idempotency_keys (
    user_id BLOB NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT;
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

-- The one row of what renderings depend on beside their revision. The epoch rises whenever a name, a link or a
-- setting that renderings embed has changed.
CREATE TABLE surroundings (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    made_from TEXT NOT NULL
) STRICT;
INSERT INTO surroundings (id, epoch, made_from) VALUES (1, 1, '');
