-- Accounts: sessions, second factors, API keys, and who did what ----------------------------------------------------

-- A user without a password is invited and cannot log in. An erased one keeps its row, without a person, because articles,
-- revisions and events refer to it; the successor gets what they owned.
ALTER TABLE users RENAME COLUMN password_hash TO old_password_hash;
ALTER TABLE users ADD COLUMN password_hash TEXT;
UPDATE users SET password_hash = old_password_hash;
ALTER TABLE users DROP COLUMN old_password_hash;
ALTER TABLE users ADD COLUMN locale TEXT;
ALTER TABLE users ADD COLUMN notifications TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN second_factor_at INTEGER;
ALTER TABLE users ADD COLUMN erased_at INTEGER;
ALTER TABLE users ADD COLUMN successor_id BLOB;

-- Sessions: one login on one device. They end at once, and are kept for a while afterwards. One that is not refreshed ends at
-- idle_at.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device TEXT NOT NULL,
    network TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    idle_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE INDEX sessions_user_id ON sessions (user_id, id);
CREATE INDEX sessions_idle_at ON sessions (idle_at);

-- The hashes of refresh tokens. Each works once; the one that follows it is computed from it.
CREATE TABLE refresh_tokens (
    hash BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
CREATE INDEX refresh_tokens_session_id ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_used_at ON refresh_tokens (used_at);

-- Links in account emails: invitations, password resets, changes of address. Each works once. A new address is sealed, and
-- the actor who asked for it goes into the log when it counts. A reset may have been asked for from a network that the user
-- has logged in from.
CREATE TABLE account_links (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose IN ('invitation', 'password_reset', 'email_change')),
    token_hash BLOB NOT NULL,
    email_id BLOB,
    new_email BLOB,
    asked_by BLOB,
    from_known_network INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    CONSTRAINT account_links_token_hash UNIQUE (token_hash)
) STRICT;
CREATE INDEX account_links_user_id ON account_links (user_id, purpose, created_at);
CREATE INDEX account_links_expires_at ON account_links (expires_at);

-- The secrets that one-time codes are computed from, sealed. The step of the last code that was used is not accepted again.
-- Until it is confirmed, a second factor stands beside the active one that it replaces.
CREATE TABLE second_factors (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sealed BLOB NOT NULL,
    last_step INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER
) STRICT;
CREATE INDEX second_factors_user_id ON second_factors (user_id);

-- The hashes of recovery codes. Each stands in for a second factor once.
CREATE TABLE recovery_codes (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (user_id, hash)
) STRICT;

-- Logins that failed or are under way, by keyed hashes of the account, existing or not, and of the network.
CREATE TABLE login_attempts (
    id BLOB NOT NULL PRIMARY KEY,
    account_hash BLOB NOT NULL,
    network_hash BLOB NOT NULL,
    at INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    is_user INTEGER NOT NULL
) STRICT;
CREATE INDEX login_attempts_account_hash ON login_attempts (account_hash, at);
CREATE INDEX login_attempts_network_hash ON login_attempts (network_hash, at);

-- The networks that each user has logged in from. Wrong passwords from elsewhere do not delay a login from one of them.
CREATE TABLE known_networks (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    network_hash BLOB NOT NULL,
    last_login_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, network_hash)
) STRICT;
CREATE INDEX known_networks_network_hash ON known_networks (network_hash, last_login_at);
CREATE INDEX known_networks_last_login_at ON known_networks (last_login_at);

-- API keys: the credentials of programs. While a rotated one is replaced, both secrets work.
CREATE TABLE api_keys (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    prefix TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    previous_hash BLOB,
    previous_until INTEGER,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER,
    CONSTRAINT api_keys_prefix UNIQUE (prefix)
) STRICT;
CREATE INDEX api_keys_user_id ON api_keys (user_id, id);

-- Refused logins, tokens and rights. The oldest rows of each reason are deleted, so that a storm of them does not fill the
-- disk.
CREATE TABLE refusals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    operation TEXT NOT NULL,
    actor_id BLOB,
    account_hash BLOB,
    network_hash BLOB,
    request_id TEXT NOT NULL
) STRICT;
CREATE INDEX refusals_reason ON refusals (reason, id);

-- Actors are users or API keys ---------------------------------------------------------------------------------------

ALTER TABLE changes RENAME COLUMN user_id TO actor_id;
ALTER TABLE revisions RENAME COLUMN user_id TO actor_id;
ALTER TABLE editions RENAME COLUMN user_id TO actor_id;
ALTER TABLE imports RENAME COLUMN user_id TO actor_id;
ALTER TABLE idempotency_keys RENAME COLUMN user_id TO actor_id;
ALTER TABLE jobs ADD COLUMN actor_id BLOB;
ALTER TABLE events ADD COLUMN request_id TEXT;
ALTER TABLE events ADD COLUMN network_hash BLOB;
CREATE INDEX events_actor_id ON events (actor_id, at);
CREATE INDEX events_at ON events (at);
