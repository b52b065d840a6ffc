-- Reviews and notes: what an article goes through between draft and publication ------------------------------------

-- What was asked and answered about the revisions of articles. actor_id is the user or the API key, user_id the user behind
-- it, to whom an answer is mailed. One review of an article is current: the one that has not ended.
CREATE TABLE reviews (
    id uuid NOT NULL PRIMARY KEY,
    article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    revision bigint NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('requested', 'changes_requested', 'approved')),
    message text COLLATE "C",
    assignee_id uuid REFERENCES users (id),
    actor_id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX reviews_article_id ON reviews (article_id, id);
CREATE UNIQUE INDEX reviews_current ON reviews (article_id) WHERE ended_at IS NULL;
CREATE INDEX reviews_state ON reviews (state, article_id) WHERE ended_at IS NULL;
CREATE INDEX reviews_assignee_id ON reviews (assignee_id, article_id) WHERE ended_at IS NULL;

-- The other orders of the list of drafts.
CREATE INDEX articles_created_at ON articles (created_at, id);
CREATE INDEX articles_title ON articles (title, id);

-- Notes on articles and their sections. A note outlives its section and keeps the heading that this had last.
CREATE TABLE notes (
    id uuid NOT NULL PRIMARY KEY,
    article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    section_id uuid,
    heading text COLLATE "C",
    text text COLLATE "C" NOT NULL,
    resolved boolean NOT NULL,
    actor_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX notes_article_id ON notes (article_id, resolved, id);
