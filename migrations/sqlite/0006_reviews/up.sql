-- Reviews and notes: what an article goes through between draft and publication ------------------------------------

-- What was asked and answered about the revisions of articles. actor_id is the user or the API key, user_id the user behind
-- it, to whom an answer is mailed. One review of an article is current: the one that has not ended.
CREATE TABLE reviews (
    id BLOB NOT NULL PRIMARY KEY,
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('requested', 'changes_requested', 'approved')),
    message TEXT,
    assignee_id BLOB REFERENCES users (id),
    actor_id BLOB NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE INDEX reviews_article_id ON reviews (article_id, id);
CREATE UNIQUE INDEX reviews_current ON reviews (article_id) WHERE ended_at IS NULL;
CREATE INDEX reviews_state ON reviews (state, article_id) WHERE ended_at IS NULL;
CREATE INDEX reviews_assignee_id ON reviews (assignee_id, article_id) WHERE ended_at IS NULL;

-- The other orders of the list of drafts.
CREATE INDEX articles_created_at ON articles (created_at, id);
CREATE INDEX articles_title ON articles (title, id);

-- Notes on articles and their sections. A note outlives its section and keeps the heading that this had last.
CREATE TABLE notes (
    id BLOB NOT NULL PRIMARY KEY,
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    section_id BLOB,
    heading TEXT,
    text TEXT NOT NULL,
    resolved INTEGER NOT NULL,
    actor_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX notes_article_id ON notes (article_id, resolved, id);
