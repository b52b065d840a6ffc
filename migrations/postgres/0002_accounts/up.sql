-- Accounts: sessions, second factors, API keys, and who did what ----------------------------------------------------

-- A user without a password is invited and cannot log in. An erased one keeps its row, without a person, because articles,
-- revisions and events refer to it; the successor gets what they owned.
ALTER TABLE users RENAME COLUMN password_hash TO old_password_hash;
ALTER TABLE users ADD COLUMN password_hash text COLLATE "C";
UPDATE users SET password_hash = old_password_hash;
ALTER TABLE users DROP COLUMN old_password_hash;
ALTER TABLE users ADD COLUMN locale text COLLATE "C";
ALTER TABLE users ADD COLUMN notifications json NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN second_factor_at timestamptz;
ALTER TABLE users ADD COLUMN erased_at timestamptz;
ALTER TABLE users ADD COLUMN successor_id uuid;

-- Sessions: one login on one device. They end at once, and are kept for a while afterwards. One that is not refreshed ends at
-- idle_at.
CREATE TABLE sessions (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device text COLLATE "C" NOT NULL,
    network text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    idle_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX sessions_user_id ON sessions (user_id, id);
CREATE INDEX sessions_idle_at ON sessions (idle_at);

-- The hashes of refresh tokens. Each works once; the one that follows it is computed from it.
CREATE TABLE refresh_tokens (
    hash bytea NOT NULL PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_tokens_session_id ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_used_at ON refresh_tokens (used_at);

-- Links in account emails: invitations, password resets, changes of address. Each works once. A new address is sealed, and
-- the actor who asked for it goes into the log when it counts. A reset may have been asked for from a network that the user
-- has logged in from.
CREATE TABLE account_links (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose text COLLATE "C" NOT NULL CHECK (purpose IN ('invitation', 'password_reset', 'email_change')),
    token_hash bytea NOT NULL,
    email_id uuid,
    new_email bytea,
    asked_by uuid,
    from_known_network boolean NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT account_links_token_hash UNIQUE (token_hash)
);
CREATE INDEX account_links_user_id ON account_links (user_id, purpose, created_at);
CREATE INDEX account_links_expires_at ON account_links (expires_at);

-- The secrets that one-time codes are computed from, sealed. The step of the last code that was used is not accepted again.
-- Until it is confirmed, a second factor stands beside the active one that it replaces.
CREATE TABLE second_factors (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sealed bytea NOT NULL,
    last_step bigint NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz
);
CREATE INDEX second_factors_user_id ON second_factors (user_id);

-- The hashes of recovery codes. Each stands in for a second factor once.
CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (user_id, hash)
);

-- Logins that failed or are under way, by keyed hashes of the account, existing or not, and of the network.
CREATE TABLE login_attempts (
    id uuid NOT NULL PRIMARY KEY,
    account_hash bytea NOT NULL,
    network_hash bytea NOT NULL,
    at timestamptz NOT NULL,
    failed boolean NOT NULL,
    is_user boolean NOT NULL
);
CREATE INDEX login_attempts_account_hash ON login_attempts (account_hash, at);
CREATE INDEX login_attempts_network_hash ON login_attempts (network_hash, at);

-- The networks that each user has logged in from. Wrong passwords from elsewhere do not delay a login from one of them.
CREATE TABLE known_networks (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    network_hash bytea NOT NULL,
    last_login_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, network_hash)
);
CREATE INDEX known_networks_network_hash ON known_networks (network_hash, last_login_at);
CREATE INDEX known_networks_last_login_at ON known_networks (last_login_at);

-- API keys: the credentials of programs. While a rotated one is replaced, both secrets work.
CREATE TABLE api_keys (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    prefix text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    scopes json NOT NULL,
    secret_hash bytea NOT NULL,
    previous_hash bytea,
    previous_until timestamptz,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_keys_prefix UNIQUE (prefix)
);
CREATE INDEX api_keys_user_id ON api_keys (user_id, id);

-- Refused logins, tokens and rights. The oldest rows of each reason are deleted, so that a storm of them does not fill the
-- disk.
CREATE TABLE refusals (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    reason text COLLATE "C" NOT NULL,
    operation text COLLATE "C" NOT NULL,
    actor_id uuid,
    account_hash bytea,
    network_hash bytea,
    request_id text COLLATE "C" NOT NULL
);
CREATE INDEX refusals_reason ON refusals (reason, id);

-- Actors are users or API keys ---------------------------------------------------------------------------------------

ALTER TABLE changes RENAME COLUMN user_id TO actor_id;
ALTER TABLE revisions RENAME COLUMN user_id TO actor_id;
ALTER TABLE editions RENAME COLUMN user_id TO actor_id;
ALTER TABLE imports RENAME COLUMN user_id TO actor_id;
ALTER TABLE idempotency_keys RENAME COLUMN user_id TO actor_id;
ALTER TABLE jobs ADD COLUMN actor_id uuid;
ALTER TABLE events ADD COLUMN request_id text COLLATE "C";
ALTER TABLE events ADD COLUMN network_hash bytea;
CREATE INDEX events_actor_id ON events (actor_id, at);
CREATE INDEX events_at ON events (at);
