-- What was published: immutable facts.
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

-- The live edition of an article in its finished form; can be made again at any time. Large columns stand last,
-- so that a list never reads past the item.
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
    made_from BLOB NOT NULL,
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

CREATE TABLE rendering_topics (
    topic_id BLOB NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    article_id BLOB NOT NULL REFERENCES renderings (article_id) ON DELETE CASCADE,
    PRIMARY KEY (topic_id, article_id)
) STRICT;
CREATE INDEX rendering_topics_article_id ON rendering_topics (article_id);

CREATE TABLE rendering_authors (
    author_id BLOB NOT NULL REFERENCES authors (id) ON DELETE CASCADE,
    article_id BLOB NOT NULL REFERENCES renderings (article_id) ON DELETE CASCADE,
    PRIMARY KEY (author_id, article_id)
) STRICT;
CREATE INDEX rendering_authors_article_id ON rendering_authors (article_id);
