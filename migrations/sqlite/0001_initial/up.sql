-- Machinery: keys, the log, jobs, responses kept for retries --------------------------------------------------------

-- Signing and HMAC keys, sealed with the installation's secret.
CREATE TABLE keys (
    id BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;
CREATE INDEX keys_purpose ON keys (purpose, id);

-- The log of events: every accepted change appends one. It holds ids only, never a name, an address or a text.
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
-- Statistics of subscribers count events by kind and day.
CREATE INDEX events_kind ON events (kind, at);

-- Background jobs, enqueued in the transaction that needs them.
CREATE TABLE jobs (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    queue TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_at INTEGER NOT NULL,
    claimed_until INTEGER,
    attempts INTEGER NOT NULL,
    last_error TEXT,
    dead_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_due ON jobs (queue, run_at) WHERE dead_at IS NULL;

-- Responses to requests with an Idempotency-Key, kept for a day.
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

-- Changes: what delta sync reads ------------------------------------------------------------------------------------

-- The newest change of each article that was ever published, each topic, each author and the site: what remains of the log
-- if only the last event of each counts. A row outlives its subject.
CREATE TABLE latest_changes (
    subject_id BLOB NOT NULL PRIMARY KEY,
    event_id INTEGER NOT NULL,
    change TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT latest_changes_event_id UNIQUE (event_id)
) STRICT;

-- Users -------------------------------------------------------------------------------------------------------------

-- Users: who can log in.
CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('contributor', 'author', 'editor', 'admin')),
    password_hash TEXT NOT NULL,
    disabled_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT users_email_key UNIQUE (email_key)
) STRICT;

-- Topics and authors ------------------------------------------------------------------------------------------------

-- Topics and authors: the names that articles carry. A merged one is kept, because old revisions name it.
CREATE TABLE terms (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('topic', 'author')),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    merged_into BLOB REFERENCES terms (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT terms_kind_slug UNIQUE (kind, slug)
) STRICT;
CREATE INDEX terms_kind_name ON terms (kind, name, id);
CREATE INDEX terms_merged_into ON terms (merged_into);

-- The slugs that topics and authors had before. They lead to the term that had them, and no other can have them.
CREATE TABLE term_slugs (
    kind TEXT NOT NULL,
    slug TEXT NOT NULL,
    term_id BLOB NOT NULL REFERENCES terms (id) ON DELETE CASCADE,
    PRIMARY KEY (kind, slug)
) STRICT;
CREATE INDEX term_slugs_term_id ON term_slugs (term_id);

-- What only topics have. A topic without a row has neither a description nor followers.
CREATE TABLE topic_details (
    topic_id BLOB NOT NULL PRIMARY KEY REFERENCES terms (id) ON DELETE CASCADE,
    description TEXT,
    followable INTEGER NOT NULL
) STRICT;

-- What only authors have. An author can be linked to a user.
CREATE TABLE author_details (
    author_id BLOB NOT NULL PRIMARY KEY REFERENCES terms (id) ON DELETE CASCADE,
    bio TEXT,
    website_url TEXT,
    image_url TEXT,
    user_id BLOB REFERENCES users (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX author_details_user_id ON author_details (user_id);

-- Articles: the draft and its history -------------------------------------------------------------------------------

-- Articles: their identity and state, and the metadata of the draft that lists and lookups read.
CREATE TABLE articles (
    id BLOB NOT NULL PRIMARY KEY,
    owner_id BLOB NOT NULL REFERENCES users (id),
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    metadata_revision INTEGER NOT NULL,
    live_edition INTEGER,
    published_revision INTEGER,
    last_edition INTEGER NOT NULL,
    published_at INTEGER,
    locale TEXT NOT NULL,
    slug TEXT NOT NULL,
    title TEXT NOT NULL,
    trashed_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT articles_locale_slug UNIQUE (locale, slug)
) STRICT;
CREATE INDEX articles_updated_at ON articles (updated_at, id);
CREATE INDEX articles_owner_id ON articles (owner_id, updated_at, id);

-- The rest of the metadata of a draft, one row for each article.
CREATE TABLE article_metadata (
    article_id BLOB NOT NULL PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    subtitle TEXT,
    summary TEXT,
    cover TEXT,
    featured INTEGER NOT NULL,
    listed INTEGER NOT NULL,
    intro TEXT NOT NULL,
    seo TEXT NOT NULL,
    custom TEXT NOT NULL,
    translation_of BLOB REFERENCES articles (id) ON DELETE SET NULL,
    aliases TEXT NOT NULL
) STRICT;
CREATE INDEX article_metadata_translation_of ON article_metadata (translation_of);

-- The topics and authors that a draft carries, each kind in its order.
CREATE TABLE article_terms (
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    term_id BLOB NOT NULL REFERENCES terms (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    PRIMARY KEY (article_id, term_id)
) STRICT;
CREATE INDEX article_terms_term_id ON article_terms (term_id, article_id);

-- The sections of drafts, as trees: each has a position below its parent, or at the top.
CREATE TABLE sections (
    id BLOB NOT NULL PRIMARY KEY,
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    parent_id BLOB,
    position INTEGER NOT NULL,
    heading TEXT,
    anchor TEXT,
    body TEXT NOT NULL,
    custom TEXT NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
CREATE INDEX sections_article_id ON sections (article_id, position);

-- Who changed what at which version: what If-Match is checked against, and what a 412 response lists.
CREATE TABLE changes (
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    subject_id BLOB NOT NULL,
    fields TEXT,
    user_id BLOB,
    at INTEGER NOT NULL,
    PRIMARY KEY (article_id, version, subject_id)
) STRICT;

-- A full snapshot of the draft after every accepted edit.
CREATE TABLE revisions (
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    user_id BLOB,
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (article_id, revision)
) STRICT;

-- Which article owns a slug: its draft has it, its live edition has it, or an earlier edition had it.
CREATE TABLE slugs (
    locale TEXT NOT NULL,
    slug TEXT NOT NULL,
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    once_public INTEGER NOT NULL,
    PRIMARY KEY (locale, slug)
) STRICT;
CREATE INDEX slugs_article_id ON slugs (article_id);

-- Editions: what was published, and its renderings ------------------------------------------------------------------

-- Editions: what was published, never changed afterwards.
CREATE TABLE editions (
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    edition INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    locale TEXT NOT NULL,
    slug TEXT NOT NULL,
    title TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    user_id BLOB,
    PRIMARY KEY (article_id, edition)
) STRICT;

-- The live edition of each published article, rendered; it can be rendered again at any time. Large columns come last,
-- so that a list never reads past `item`.
CREATE TABLE renderings (
    article_id BLOB NOT NULL PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    locale TEXT NOT NULL,
    slug TEXT NOT NULL,
    translation_of BLOB,
    listed INTEGER NOT NULL,
    featured INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    title TEXT NOT NULL,
    etag TEXT NOT NULL,
    input_hash BLOB NOT NULL,
    item BLOB NOT NULL,
    body BLOB NOT NULL,
    sources BLOB NOT NULL,
    CONSTRAINT renderings_locale_slug UNIQUE (locale, slug)
) STRICT;
CREATE INDEX renderings_published_at ON renderings (listed, published_at, article_id);
CREATE INDEX renderings_updated_at ON renderings (listed, updated_at, article_id);
CREATE INDEX renderings_title ON renderings (listed, title, article_id);
CREATE INDEX renderings_epoch ON renderings (epoch, article_id);
CREATE INDEX renderings_translation_of ON renderings (translation_of);

-- The topics and authors that a listed article is found by. The primary key is also the order of lists, so that the newest
-- articles of a topic are found by the index, however many there are.
CREATE TABLE rendering_terms (
    term_id BLOB NOT NULL REFERENCES terms (id) ON DELETE CASCADE,
    published_at INTEGER NOT NULL,
    article_id BLOB NOT NULL REFERENCES renderings (article_id) ON DELETE CASCADE,
    PRIMARY KEY (term_id, published_at, article_id)
) STRICT;
CREATE INDEX rendering_terms_article_id ON rendering_terms (article_id);

-- One row: the settings that renderings embed, and an epoch that rises whenever one of them, or a name or a link that
-- renderings embed, has changed.
CREATE TABLE render_context (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    settings TEXT NOT NULL
) STRICT;
INSERT INTO render_context (id, epoch, settings) VALUES (1, 1, '');

-- Search ------------------------------------------------------------------------------------------------------------

-- The searchable articles: live and listed. The slot encodes the first publication. Each article has 1,024 numbers from
-- `slot << 10` on: the highest for the article itself, those below for its sections in document order. So descending
-- numbers are descending publication.
CREATE TABLE search_articles (
    slot INTEGER NOT NULL PRIMARY KEY,
    article_id BLOB NOT NULL REFERENCES renderings (article_id),
    published_at INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    CONSTRAINT search_articles_article_id UNIQUE (article_id)
) STRICT;

-- What search can find, with the text that snippets are cut from: articles, and their sections.
CREATE TABLE search_places (
    id INTEGER NOT NULL PRIMARY KEY,
    section_id BLOB,
    heading TEXT,
    anchor TEXT,
    body TEXT NOT NULL
) STRICT;

-- Every word that occurs, for completing prefixes. Common words tend to be met early and have low ids.
CREATE TABLE search_words (
    id INTEGER NOT NULL PRIMARY KEY,
    word TEXT NOT NULL,
    CONSTRAINT search_words_word UNIQUE (word)
) STRICT;

-- The folded tokens of each place, separated by single spaces.
CREATE VIRTUAL TABLE search_index USING fts5 (words, content='', contentless_delete=1, tokenize='ascii');

-- The site, and the addresses of articles on it ---------------------------------------------------------------------

-- One row: the settings of the site. NULL means the default, which comes from the configuration or the editions.
CREATE TABLE site (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    title TEXT,
    description TEXT,
    navigation TEXT NOT NULL,
    locales TEXT,
    custom TEXT NOT NULL
) STRICT;
INSERT INTO site (id, title, description, navigation, locales, custom) VALUES (1, NULL, NULL, '[]', NULL, '{}');

-- Every path on the website that leads to a live article: its own (rank 0), those of its earlier slugs (1), and its
-- aliases (2). Of rows with the same key, the first by rank, first publication and article wins. Written and deleted
-- with the rendering.
CREATE TABLE addresses (
    key TEXT NOT NULL,
    article_id BLOB NOT NULL REFERENCES renderings (article_id) ON DELETE CASCADE,
    rank INTEGER NOT NULL,
    path TEXT NOT NULL,
    locale TEXT NOT NULL,
    url TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    PRIMARY KEY (key, article_id)
) STRICT;
CREATE INDEX addresses_key ON addresses (key, rank, published_at, article_id);
CREATE INDEX addresses_article_id ON addresses (article_id);

-- Subscribers, their consent and their mail -------------------------------------------------------------------------

-- People who receive mail, or did, or may.
CREATE TABLE subscribers (
    id BLOB NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    name TEXT,
    status TEXT NOT NULL CHECK (status IN ('pending', 'confirmed', 'unsubscribed', 'bounced', 'complained')),
    locale TEXT NOT NULL,
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
CREATE INDEX subscribers_status_email ON subscribers (status, email_key);
CREATE INDEX subscribers_status_updated_at ON subscribers (status, updated_at, id);
CREATE INDEX subscribers_source ON subscribers (source, created_at, id);

-- The confirmation requests that were sent: the hash of the token, and when the request was closed.
CREATE TABLE confirmation_requests (
    id BLOB NOT NULL PRIMARY KEY,
    subscriber_id BLOB NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    closed_at INTEGER,
    CONSTRAINT confirmation_requests_token_hash UNIQUE (token_hash)
) STRICT;
CREATE INDEX confirmation_requests_subscriber_id ON confirmation_requests (subscriber_id, created_at);
CREATE INDEX confirmation_requests_created_at ON confirmation_requests (created_at);

-- The texts that people were shown when they consented, each version once, by its hash.
CREATE TABLE consent_texts (
    hash BLOB NOT NULL PRIMARY KEY,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- The evidence of consent: what a subscriber did or what became of their address, when and how, and the keyed hash of the
-- network it came from. Rows are only added, and deleted when the person is erased.
CREATE TABLE consents (
    id BLOB NOT NULL PRIMARY KEY,
    subscriber_id BLOB NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('signed-up', 'confirmation-requested', 'confirmed', 'withdrawn', 'bounced', 'complained', 'imported')),
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

-- Addresses that are sent nothing, as keyed hashes. They outlive the person's erasure and are lifted by a new double opt-in.
CREATE TABLE suppressions (
    id BLOB NOT NULL PRIMARY KEY,
    address_hash BLOB NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('unsubscribed', 'bounced', 'complained', 'erased')),
    created_at INTEGER NOT NULL,
    CONSTRAINT suppressions_address_hash UNIQUE (address_hash)
) STRICT;
CREATE INDEX suppressions_created_at ON suppressions (created_at, id);

-- When an address was sent a confirmation request and has not confirmed since, by its keyed hash. Outlives the subscriber, so
-- that erasing somebody does not allow further requests.
CREATE TABLE unanswered_requests (
    address_hash BLOB NOT NULL,
    requested_at INTEGER NOT NULL,
    PRIMARY KEY (address_hash, requested_at)
) STRICT;
CREATE INDEX unanswered_requests_requested_at ON unanswered_requests (requested_at);

-- The labels that editors gave subscribers.
CREATE TABLE subscriber_labels (
    subscriber_id BLOB NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    PRIMARY KEY (subscriber_id, label)
) STRICT;
CREATE INDEX subscriber_labels_label ON subscriber_labels (label, subscriber_id);

-- The topics that subscribers follow. Whoever follows none receives everything.
CREATE TABLE subscriber_topics (
    subscriber_id BLOB NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    topic_id BLOB NOT NULL REFERENCES terms (id) ON DELETE CASCADE,
    PRIMARY KEY (subscriber_id, topic_id)
) STRICT;
CREATE INDEX subscriber_topics_topic_id ON subscriber_topics (topic_id, subscriber_id);

-- Outbox -------------------------------------------------------------------------------------------------------------

-- Emails to be sent, and what became of them. The content (the address and the variables of the template, with its links) is
-- sealed, and deleted when the email is sent or has failed.
CREATE TABLE outbox_emails (
    id BLOB NOT NULL PRIMARY KEY,
    recipient_kind TEXT CHECK (recipient_kind IN ('subscriber', 'user')),
    recipient_id BLOB,
    template TEXT NOT NULL,
    locale TEXT NOT NULL,
    content BLOB,
    attempts INTEGER NOT NULL,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    claimed_at INTEGER,
    sent_at INTEGER,
    failed_at INTEGER,
    CONSTRAINT outbox_emails_recipient CHECK ((recipient_kind IS NULL) = (recipient_id IS NULL))
) STRICT;
CREATE INDEX outbox_emails_recipient_id ON outbox_emails (recipient_id);
CREATE INDEX outbox_emails_created_at ON outbox_emails (created_at);

-- Imports of subscribers --------------------------------------------------------------------------------------------

-- Imports: how far each file has been read, and what has become of its rows so far.
CREATE TABLE imports (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('receiving', 'waiting', 'running', 'done', 'failed')),
    bytes INTEGER NOT NULL,
    next_byte INTEGER NOT NULL,
    next_line INTEGER NOT NULL,
    skips_line INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    suppressed INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    error TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER
) STRICT;
CREATE INDEX imports_created_at ON imports (created_at, id);

-- What was asked of each import, and how its file is read.
CREATE TABLE import_options (
    import_id BLOB NOT NULL PRIMARY KEY REFERENCES imports (id) ON DELETE CASCADE,
    dry_run INTEGER NOT NULL,
    source TEXT,
    statement TEXT,
    labels TEXT NOT NULL,
    locale TEXT NOT NULL,
    delimiter TEXT NOT NULL,
    header TEXT NOT NULL
) STRICT;

-- The bytes of a file in parts, until they have been read.
CREATE TABLE import_parts (
    import_id BLOB NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (import_id, number)
) STRICT;

-- What became of each row, without addresses and names.
CREATE TABLE import_rows (
    import_id BLOB NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    line INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('created', 'updated', 'unchanged', 'suppressed', 'refused')),
    code TEXT,
    subscriber_id BLOB,
    PRIMARY KEY (import_id, number)
) STRICT;
CREATE INDEX import_rows_outcome ON import_rows (import_id, outcome, number);

-- How the people in the rows that a dry run has read would be, by a keyed hash of the address. Deleted when it is done.
CREATE TABLE import_dry_run_people (
    import_id BLOB NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    address_hash BLOB NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (import_id, address_hash)
) STRICT;
