-- Those who receive mail, and what they consented to.
CREATE TABLE subscribers (
    id BLOB NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    name TEXT,
    status TEXT NOT NULL CHECK (status IN ('pending', 'confirmed', 'unsubscribed', 'bounced', 'complained')),
    locale TEXT NOT NULL,
    labels TEXT NOT NULL,
    custom TEXT NOT NULL,
    source TEXT,
    signed_up_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    unsubscribed_at INTEGER,
    updated_at INTEGER NOT NULL,
    CONSTRAINT subscribers_email_key UNIQUE (email_key)
) STRICT;
CREATE INDEX subscribers_created_at ON subscribers (created_at, id);
CREATE INDEX subscribers_status ON subscribers (status, created_at, id);
CREATE INDEX subscribers_updated_at ON subscribers (updated_at, id);

-- Each time someone was asked to confirm: the hash of the token, and what became of the mail and of the question.
CREATE TABLE confirmations (
    id BLOB NOT NULL PRIMARY KEY,
    subscriber_id BLOB NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    tried_at INTEGER,
    sent_at INTEGER,
    refused_at INTEGER,
    closed_at INTEGER,
    CONSTRAINT confirmations_token_hash UNIQUE (token_hash)
) STRICT;
CREATE INDEX confirmations_subscriber_id ON confirmations (subscriber_id, created_at);
CREATE INDEX confirmations_created_at ON confirmations (created_at);
