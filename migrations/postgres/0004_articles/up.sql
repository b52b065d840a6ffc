-- Articles: their identity, and the metadata of the draft.
CREATE TABLE articles (
    id uuid NOT NULL PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id),
    version bigint NOT NULL,
    revision bigint NOT NULL,
    metadata_revision bigint NOT NULL,
    live_edition bigint,
    published_revision bigint,
    last_edition bigint NOT NULL,
    published_at timestamptz,
    locale text COLLATE "C" NOT NULL,
    slug text COLLATE "C" NOT NULL,
    title text COLLATE "C" NOT NULL,
    subtitle text COLLATE "C",
    summary text COLLATE "C",
    cover json,
    featured boolean NOT NULL,
    listed boolean NOT NULL,
    intro text COLLATE "C" NOT NULL,
    seo json NOT NULL,
    custom json NOT NULL,
    translation_of uuid REFERENCES articles (id) ON DELETE SET NULL,
    aliases json NOT NULL,
    trashed_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT articles_locale_slug UNIQUE (locale, slug)
);
CREATE INDEX articles_updated_at ON articles (updated_at, id);
CREATE INDEX articles_owner_id ON articles (owner_id, updated_at, id);
CREATE INDEX articles_translation_of ON articles (translation_of);

CREATE TABLE article_topics (
    article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    topic_id uuid NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    position bigint NOT NULL,
    PRIMARY KEY (article_id, topic_id)
);
CREATE INDEX article_topics_topic_id ON article_topics (topic_id, article_id);

CREATE TABLE article_authors (
    article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    author_id uuid NOT NULL REFERENCES authors (id) ON DELETE CASCADE,
    position bigint NOT NULL,
    PRIMARY KEY (article_id, author_id)
);
CREATE INDEX article_authors_author_id ON article_authors (author_id, article_id);

-- The draft's tree: a section stands at a position below its parent, or at the top.
CREATE TABLE sections (
    id uuid NOT NULL PRIMARY KEY,
    article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    parent_id uuid,
    position bigint NOT NULL,
    heading text COLLATE "C",
    anchor text COLLATE "C",
    body text COLLATE "C" NOT NULL,
    custom json NOT NULL,
    revision bigint NOT NULL
);
CREATE INDEX sections_article_id ON sections (article_id, position);

-- Who changed what at which version: what the check of If-Match reads and its refusal tells.
CREATE TABLE changes (
    article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    version bigint NOT NULL,
    subject_id uuid NOT NULL,
    members json,
    user_id uuid,
    at timestamptz NOT NULL,
    PRIMARY KEY (article_id, version, subject_id)
);

-- The full snapshot that every accepted edit leaves.
CREATE TABLE revisions (
    article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    revision bigint NOT NULL,
    user_id uuid,
    title text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    content json NOT NULL,
    PRIMARY KEY (article_id, revision)
);

-- Who owns an address: the article whose draft has it, whose live edition has it, or whose edition once had it.
CREATE TABLE slugs (
    locale text COLLATE "C" NOT NULL,
    slug text COLLATE "C" NOT NULL,
    article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    once_public boolean NOT NULL,
    PRIMARY KEY (locale, slug)
);
CREATE INDEX slugs_article_id ON slugs (article_id);
