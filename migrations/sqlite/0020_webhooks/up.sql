-- Who may do what only one process at a time should do, and until when. A holder that does not renew loses it.
CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- Webhooks: which events are sent where. actor_id created or last changed it: it is sent what that user or API key may see;
-- user_id is that user, or the key's. sealed holds its secrets and headers. disabled_reason is null if somebody disabled it.
CREATE TABLE webhooks (
    id BLOB NOT NULL PRIMARY KEY,
    actor_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    url TEXT NOT NULL,
    description TEXT,
    events TEXT NOT NULL,
    locales TEXT NOT NULL,
    format TEXT NOT NULL,
    coalesce_seconds INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    disabled_reason TEXT,
    sealed BLOB NOT NULL,
    previous_until INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhooks_user_id ON webhooks (user_id);

-- How far the log is handled for each webhook: cursor is the number of the last event. A replay has a second cursor, and ends
-- at replay_until or after replay_left events. Until waits_until nothing is sent in order. failing_since is the first failure since something was delivered.
CREATE TABLE webhook_progress (
    webhook_id BLOB NOT NULL PRIMARY KEY REFERENCES webhooks (id) ON DELETE CASCADE,
    cursor INTEGER NOT NULL,
    replay_cursor INTEGER,
    replay_until INTEGER,
    replay_left INTEGER NOT NULL,
    waits_until INTEGER,
    failing_since INTEGER
) STRICT;

-- What is sent, in the order of sequence. event is the event's id, event_number the number of the last one that it tells. The
-- body is null once it is delivered. One that is alone keeps no other from being sent. Rows of webhooks that are deleted
-- are deleted in the background.
CREATE TABLE webhook_deliveries (
    sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL,
    webhook_id BLOB NOT NULL,
    event TEXT NOT NULL,
    event_number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT,
    state TEXT NOT NULL,
    replayed INTEGER NOT NULL,
    alone INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_try_at INTEGER,
    tries TEXT NOT NULL,
    response TEXT,
    created_at INTEGER NOT NULL,
    CONSTRAINT webhook_deliveries_id UNIQUE (id)
) STRICT;
CREATE INDEX webhook_deliveries_webhook_id ON webhook_deliveries (webhook_id, sequence);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook_id, alone, replayed, sequence) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_created_at ON webhook_deliveries (created_at);
