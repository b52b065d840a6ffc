-- What was published: immutable facts.
CREATE TABLE editions (
    article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    edition bigint NOT NULL,
    revision bigint NOT NULL,
    locale text COLLATE "C" NOT NULL,
    slug text COLLATE "C" NOT NULL,
    title text COLLATE "C" NOT NULL,
    published_at timestamptz NOT NULL,
    user_id uuid,
    PRIMARY KEY (article_id, edition)
);

-- The live edition of an article in its finished form; can be made again at any time. Large columns stand last,
-- so that a list never reads past the item.
CREATE TABLE renderings (
    article_id uuid NOT NULL PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    epoch bigint NOT NULL,
    locale text COLLATE "C" NOT NULL,
    slug text COLLATE "C" NOT NULL,
    translation_of uuid,
    listed boolean NOT NULL,
    featured boolean NOT NULL,
    published_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    title text COLLATE "C" NOT NULL,
    etag text COLLATE "C" NOT NULL,
    made_from bytea NOT NULL,
    item bytea NOT NULL,
    body bytea NOT NULL,
    sources bytea NOT NULL,
    CONSTRAINT renderings_locale_slug UNIQUE (locale, slug)
);
CREATE INDEX renderings_published_at ON renderings (listed, published_at, article_id);
CREATE INDEX renderings_updated_at ON renderings (listed, updated_at, article_id);
CREATE INDEX renderings_title ON renderings (listed, title, article_id);
CREATE INDEX renderings_epoch ON renderings (epoch, article_id);
CREATE INDEX renderings_translation_of ON renderings (translation_of);

CREATE TABLE rendering_topics (
    topic_id uuid NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    article_id uuid NOT NULL REFERENCES renderings (article_id) ON DELETE CASCADE,
    PRIMARY KEY (topic_id, article_id)
);
CREATE INDEX rendering_topics_article_id ON rendering_topics (article_id);

CREATE TABLE rendering_authors (
    author_id uuid NOT NULL REFERENCES authors (id) ON DELETE CASCADE,
    article_id uuid NOT NULL REFERENCES renderings (article_id) ON DELETE CASCADE,
    PRIMARY KEY (author_id, article_id)
);
CREATE INDEX rendering_authors_article_id ON rendering_authors (article_id);
