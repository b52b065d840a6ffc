-- Articles: their identity, and the metadata of the draft.
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
    subtitle TEXT,
    summary TEXT,
    cover TEXT,
    featured INTEGER NOT NULL,
    listed INTEGER NOT NULL,
    intro TEXT NOT NULL,
    seo TEXT NOT NULL,
    custom TEXT NOT NULL,
    translation_of BLOB REFERENCES articles (id) ON DELETE SET NULL,
    aliases TEXT NOT NULL,
    trashed_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT articles_locale_slug UNIQUE (locale, slug)
) STRICT;
CREATE INDEX articles_updated_at ON articles (updated_at, id);
CREATE INDEX articles_owner_id ON articles (owner_id, updated_at, id);
CREATE INDEX articles_translation_of ON articles (translation_of);

CREATE TABLE article_topics (
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    topic_id BLOB NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    PRIMARY KEY (article_id, topic_id)
) STRICT;
CREATE INDEX article_topics_topic_id ON article_topics (topic_id, article_id);

CREATE TABLE article_authors (
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    author_id BLOB NOT NULL REFERENCES authors (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    PRIMARY KEY (article_id, author_id)
) STRICT;
CREATE INDEX article_authors_author_id ON article_authors (author_id, article_id);

-- The draft's tree: a section stands at a position below its parent, or at the top.
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

-- Who changed what at which version: what the check of If-Match reads and its refusal tells.
CREATE TABLE changes (
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    subject_id BLOB NOT NULL,
    members TEXT,
    user_id BLOB,
    at INTEGER NOT NULL,
    PRIMARY KEY (article_id, version, subject_id)
) STRICT;

-- The full snapshot that every accepted edit leaves.
CREATE TABLE revisions (
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    user_id BLOB,
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (article_id, revision)
) STRICT;

-- Who owns an address: the article whose draft has it, whose live edition has it, or whose edition once had it.
CREATE TABLE slugs (
    locale TEXT NOT NULL,
    slug TEXT NOT NULL,
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    once_public INTEGER NOT NULL,
    PRIMARY KEY (locale, slug)
) STRICT;
CREATE INDEX slugs_article_id ON slugs (article_id);
