-- The words that people were shown when they consented, each version once, under its hash.
CREATE TABLE consent_texts (
    hash bytea NOT NULL PRIMARY KEY,
    text text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL
);

-- The evidence of consent: what a subscriber did or what became of their address, when and by which way, and the keyed
-- hash of the network it came from. Only ever added to; it goes when the person is erased.
CREATE TABLE consents (
    id uuid NOT NULL PRIMARY KEY,
    subscriber_id uuid NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('requested', 'asked', 'confirmed', 'withdrawn', 'bounced', 'complained', 'imported')),
    via text COLLATE "C" NOT NULL CHECK (via IN ('page', 'api', 'server', 'mail', 'one-click', 'preferences', 'editor', 'import')),
    at timestamptz NOT NULL,
    actor_id uuid,
    text_hash bytea REFERENCES consent_texts (hash),
    locale text COLLATE "C",
    source text COLLATE "C",
    form_url text COLLATE "C",
    network_hash bytea,
    user_agent text COLLATE "C",
    details json NOT NULL
);
CREATE INDEX consents_subscriber_id ON consents (subscriber_id, at, id);
CREATE INDEX consents_text_hash ON consents (text_hash);
CREATE FUNCTION consents_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'evidence is only added to';
END
$$;
CREATE TRIGGER consents_stay BEFORE UPDATE ON consents FOR EACH ROW EXECUTE FUNCTION consents_stay();

-- Addresses that take or want no mail, as keyed hashes: outlives the person's erasure, and ends by their own consent.
CREATE TABLE suppressions (
    id uuid NOT NULL PRIMARY KEY,
    address_hash bytea NOT NULL,
    reason text COLLATE "C" NOT NULL CHECK (reason IN ('unsubscribed', 'bounced', 'complained', 'erased')),
    created_at timestamptz NOT NULL,
    CONSTRAINT suppressions_address_hash UNIQUE (address_hash)
);
CREATE INDEX suppressions_created_at ON suppressions (created_at, id);

-- When an address was asked to confirm and has not answered since, by its keyed hash: outlives the row, so that nobody is
-- asked more often for having been forgotten.
CREATE TABLE unanswered_questions (
    address_hash bytea NOT NULL,
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (address_hash, asked_at)
);
CREATE INDEX unanswered_questions_asked_at ON unanswered_questions (asked_at);

-- Those who confirmed before evidence was kept: that they did, and when.
INSERT INTO consents (id, subscriber_id, kind, via, at, locale, source, details)
SELECT gen_random_uuid(), id, 'confirmed', 'mail', confirmed_at, locale, source, '{}' FROM subscribers
WHERE confirmed_at IS NOT NULL;

-- The words that editors put on subscribers.
CREATE TABLE subscriber_labels (
    subscriber_id uuid NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    label text COLLATE "C" NOT NULL,
    PRIMARY KEY (subscriber_id, label)
);
CREATE INDEX subscriber_labels_label ON subscriber_labels (label, subscriber_id);
INSERT INTO subscriber_labels (subscriber_id, label)
SELECT DISTINCT subscribers.id, value FROM subscribers, json_array_elements_text(subscribers.labels) AS value;
ALTER TABLE subscribers DROP COLUMN labels;
CREATE INDEX subscribers_status_email ON subscribers (status, email_key);
CREATE INDEX subscribers_status_updated_at ON subscribers (status, updated_at, id);
CREATE INDEX subscribers_source ON subscribers (source, created_at, id);

-- The topics that subscribers chose among those that can be followed; whoever chose none receives everything.
ALTER TABLE topics ADD COLUMN followable boolean NOT NULL DEFAULT false;
CREATE TABLE subscriber_topics (
    subscriber_id uuid NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    topic_id uuid NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    PRIMARY KEY (subscriber_id, topic_id)
);
CREATE INDEX subscriber_topics_topic_id ON subscriber_topics (topic_id, subscriber_id);

-- Each mail to a subscriber, and what became of it. The one that asks to confirm has the id of its question.
CREATE TABLE mails (
    id uuid NOT NULL PRIMARY KEY,
    subscriber_id uuid NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('confirmation', 'welcome')),
    created_at timestamptz NOT NULL,
    tried_at timestamptz,
    sent_at timestamptz,
    refused_at timestamptz
);
CREATE INDEX mails_subscriber_id ON mails (subscriber_id);
CREATE INDEX mails_created_at ON mails (created_at);
INSERT INTO mails (id, subscriber_id, kind, created_at, tried_at, sent_at, refused_at)
SELECT id, subscriber_id, 'confirmation', created_at, tried_at, sent_at, refused_at FROM confirmations;
ALTER TABLE confirmations DROP COLUMN tried_at;
ALTER TABLE confirmations DROP COLUMN sent_at;
ALTER TABLE confirmations DROP COLUMN refused_at;
UPDATE jobs SET kind = 'send-mail', payload = json_build_object('mail', payload ->> 'confirmation')
WHERE kind = 'send-confirmation';

-- How many joined, confirmed and left over time is counted in the log.
CREATE INDEX events_kind ON events (kind, at);
