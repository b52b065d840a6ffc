-- The words that people were shown when they consented, each version once, under its hash.
CREATE TABLE consent_texts (
    hash BLOB NOT NULL PRIMARY KEY,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- The evidence of consent: what a subscriber did or what became of their address, when and by which way, and the keyed
-- hash of the network it came from. Only ever added to; it goes when the person is erased.
CREATE TABLE consents (
    id BLOB NOT NULL PRIMARY KEY,
    subscriber_id BLOB NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('requested', 'asked', 'confirmed', 'withdrawn', 'bounced', 'complained', 'imported')),
    via TEXT NOT NULL CHECK (via IN ('page', 'api', 'server', 'mail', 'one-click', 'preferences', 'editor', 'import')),
    at INTEGER NOT NULL,
    actor_id BLOB,
    text_hash BLOB REFERENCES consent_texts (hash),
    locale TEXT,
    source TEXT,
    form_url TEXT,
    network_hash BLOB,
    user_agent TEXT,
    details TEXT NOT NULL
) STRICT;
CREATE INDEX consents_subscriber_id ON consents (subscriber_id, at, id);
CREATE INDEX consents_text_hash ON consents (text_hash);
CREATE TRIGGER consents_stay BEFORE UPDATE ON consents BEGIN
    SELECT RAISE(ABORT, 'evidence is only added to');
END;

-- Addresses that take or want no mail, as keyed hashes: outlives the person's erasure, and ends by their own consent.
CREATE TABLE suppressions (
    id BLOB NOT NULL PRIMARY KEY,
    address_hash BLOB NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('unsubscribed', 'bounced', 'complained', 'erased')),
    created_at INTEGER NOT NULL,
    CONSTRAINT suppressions_address_hash UNIQUE (address_hash)
) STRICT;
CREATE INDEX suppressions_created_at ON suppressions (created_at, id);

-- When an address was asked to confirm and has not answered since, by its keyed hash: outlives the row, so that nobody is
-- asked more often for having been forgotten.
CREATE TABLE unanswered_questions (
    address_hash BLOB NOT NULL,
    asked_at INTEGER NOT NULL,
    PRIMARY KEY (address_hash, asked_at)
) STRICT;
CREATE INDEX unanswered_questions_asked_at ON unanswered_questions (asked_at);

-- Those who confirmed before evidence was kept: that they did, and when.
INSERT INTO consents (id, subscriber_id, kind, via, at, locale, source, details)
SELECT randomblob(16), id, 'confirmed', 'mail', confirmed_at, locale, source, '{}' FROM subscribers
WHERE confirmed_at IS NOT NULL;

-- The words that editors put on subscribers.
CREATE TABLE subscriber_labels (
    subscriber_id BLOB NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    PRIMARY KEY (subscriber_id, label)
) STRICT;
CREATE INDEX subscriber_labels_label ON subscriber_labels (label, subscriber_id);
INSERT INTO subscriber_labels (subscriber_id, label)
SELECT DISTINCT subscribers.id, value FROM subscribers, json_each(subscribers.labels);
ALTER TABLE subscribers DROP COLUMN labels;
CREATE INDEX subscribers_status_email ON subscribers (status, email_key);
CREATE INDEX subscribers_status_updated_at ON subscribers (status, updated_at, id);
CREATE INDEX subscribers_source ON subscribers (source, created_at, id);

-- The topics that subscribers chose among those that can be followed; whoever chose none receives everything.
ALTER TABLE topics ADD COLUMN followable INTEGER NOT NULL DEFAULT 0;
CREATE TABLE subscriber_topics (
    subscriber_id BLOB NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    topic_id BLOB NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    PRIMARY KEY (subscriber_id, topic_id)
) STRICT;
CREATE INDEX subscriber_topics_topic_id ON subscriber_topics (topic_id, subscriber_id);

-- Each mail to a subscriber, and what became of it. The one that asks to confirm has the id of its question.
CREATE TABLE mails (
    id BLOB NOT NULL PRIMARY KEY,
    subscriber_id BLOB NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('confirmation', 'welcome')),
    created_at INTEGER NOT NULL,
    tried_at INTEGER,
    sent_at INTEGER,
    refused_at INTEGER
) STRICT;
CREATE INDEX mails_subscriber_id ON mails (subscriber_id);
CREATE INDEX mails_created_at ON mails (created_at);
INSERT INTO mails (id, subscriber_id, kind, created_at, tried_at, sent_at, refused_at)
SELECT id, subscriber_id, 'confirmation', created_at, tried_at, sent_at, refused_at FROM confirmations;
ALTER TABLE confirmations DROP COLUMN tried_at;
ALTER TABLE confirmations DROP COLUMN sent_at;
ALTER TABLE confirmations DROP COLUMN refused_at;
UPDATE jobs SET kind = 'send-mail', payload = json_object('mail', payload ->> 'confirmation')
WHERE kind = 'send-confirmation';

-- How many joined, confirmed and left over time is counted in the log.
CREATE INDEX events_kind ON events (kind, at);
