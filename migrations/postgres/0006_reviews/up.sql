-- Reviews and notes: what an article goes through between draft and publication ------------------------------------

-- What was asked and answered about the revisions of articles. actor_id is the user or the API key, user_id the user behind
-- it, to whom an answer is mailed.
CREATE TABLE reviews (
    id uuid NOT NULL PRIMARY KEY,
    article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    revision bigint NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('requested', 'changes_requested', 'approved')),
    message text COLLATE "C",
    assignee_id uuid REFERENCES users (id),
    actor_id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL
);
CREATE INDEX reviews_article_id ON reviews (article_id, id);

-- The current review of an article, with what lists filter by and rights depend on.
ALTER TABLE articles ADD COLUMN review_id uuid;
ALTER TABLE articles ADD COLUMN review_state text COLLATE "C";
ALTER TABLE articles ADD COLUMN review_revision bigint;
ALTER TABLE articles ADD COLUMN assignee_id uuid;
CREATE INDEX articles_in_review ON articles (updated_at, id) WHERE review_state IS NOT NULL;
CREATE INDEX articles_assignee_id ON articles (assignee_id, updated_at, id) WHERE assignee_id IS NOT NULL;
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
