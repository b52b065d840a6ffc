-- Every path on the website at which an article has been live. They lead to the article's current URL as long as it is
-- live, whatever LEDE_ARTICLE_PATH is set to later. Before this release, only the current ones and those of earlier slugs
-- were stored, of live articles.
CREATE TABLE article_paths (
    article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    key text COLLATE "C" NOT NULL,
    path text COLLATE "C" NOT NULL,
    locale text COLLATE "C" NOT NULL,
    PRIMARY KEY (article_id, key)
);
CREATE INDEX article_paths_key ON article_paths (key);
INSERT INTO article_paths (article_id, key, path, locale)
SELECT article_id, key, path, locale FROM addresses WHERE rank IN (0, 1);

-- Finds live articles in other languages that have the same slug.
CREATE INDEX renderings_slug ON renderings (slug);
