-- What the live, listed articles are searched by. An article has a slot, which tells when it was first published, and
-- 1,024 numbers from `slot << 10` on: the highest is its own place, those below are its sections' in document order.
-- So the descending order of numbers is that of publication, the newest first.
CREATE TABLE search_articles (
    slot INTEGER NOT NULL PRIMARY KEY,
    article_id BLOB NOT NULL REFERENCES renderings (article_id),
    published_at INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    CONSTRAINT search_articles_article_id UNIQUE (article_id)
) STRICT;

-- The places that can be found, and the text that snippets are cut from. Without a section it is the article itself.
CREATE TABLE search_places (
    id INTEGER NOT NULL PRIMARY KEY,
    section_id BLOB,
    heading TEXT,
    anchor TEXT,
    body TEXT NOT NULL
) STRICT;

-- Every word there is, the earlier met the more common: what a beginning can become.
CREATE TABLE search_words (
    id INTEGER NOT NULL PRIMARY KEY,
    word TEXT NOT NULL,
    CONSTRAINT search_words_word UNIQUE (word)
) STRICT;

-- The tokens of each place, which are folded and parted by single spaces.
CREATE VIRTUAL TABLE search_index USING fts5 (words, content='', contentless_delete=1, tokenize='ascii');
