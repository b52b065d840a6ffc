-- The top-level values of `custom` that a listed article is found by, each as JSON: texts, numbers and booleans. The primary
-- key is also the order of lists, so that the newest articles with a value are found by the index, however many there are.
-- Those of articles that are published already are written when their renderings are made again, after the start.
CREATE TABLE rendering_values (
    name text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    published_at timestamptz NOT NULL,
    article_id uuid NOT NULL REFERENCES renderings (article_id) ON DELETE CASCADE,
    PRIMARY KEY (name, value, published_at, article_id)
);
CREATE INDEX rendering_values_article_id ON rendering_values (article_id);
