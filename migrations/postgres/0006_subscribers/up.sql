-- Those who receive mail, and what they consented to.
CREATE TABLE subscribers (
    id uuid NOT NULL PRIMARY KEY,
    email text COLLATE "C" NOT NULL,
    email_key text COLLATE "C" NOT NULL,
    name text COLLATE "C",
    status text COLLATE "C" NOT NULL CHECK (status IN ('pending', 'confirmed', 'unsubscribed', 'bounced', 'complained')),
    locale text COLLATE "C" NOT NULL,
    labels json NOT NULL,
    custom json NOT NULL,
    source text COLLATE "C",
    signed_up_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    unsubscribed_at timestamptz,
    updated_at timestamptz NOT NULL,
    CONSTRAINT subscribers_email_key UNIQUE (email_key)
);
CREATE INDEX subscribers_created_at ON subscribers (created_at, id);
CREATE INDEX subscribers_status ON subscribers (status, created_at, id);
CREATE INDEX subscribers_updated_at ON subscribers (updated_at, id);

-- Each time someone was asked to confirm: the hash of the token, and what became of the mail and of the question.
CREATE TABLE confirmations (
    id uuid NOT NULL PRIMARY KEY,
    subscriber_id uuid NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    tried_at timestamptz,
    sent_at timestamptz,
    refused_at timestamptz,
    closed_at timestamptz,
    CONSTRAINT confirmations_token_hash UNIQUE (token_hash)
);
CREATE INDEX confirmations_subscriber_id ON confirmations (subscriber_id, created_at);
CREATE INDEX confirmations_created_at ON confirmations (created_at);
