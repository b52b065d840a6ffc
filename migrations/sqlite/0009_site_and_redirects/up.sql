-- The one row of what the publication says of itself. NULL is the default: the setting, or what the editions tell.
CREATE TABLE site (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    title TEXT,
    description TEXT,
    navigation TEXT NOT NULL,
    locales TEXT,
    custom TEXT NOT NULL
) STRICT;
INSERT INTO site (id, title, description, navigation, locales, custom) VALUES (1, NULL, NULL, '[]', NULL, '{}');

-- Every path on the website that leads to a live article: its own (rank 0), those of the slugs it had (1), and those
-- it had elsewhere (2). Of those with the same key, which compares them, the first by rank, first publication and
-- article counts. Written with the rendering, gone with it.
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
