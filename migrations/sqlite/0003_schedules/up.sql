-- What is scheduled: to publish a revision of an article, or to unpublish it, at most one of each. The action deletes its row.
-- The slug of the revision is kept for the article meanwhile. next_try_at is when a server tries it next: at first the moment
-- itself, later than now while a server works on it or after a failure, and null once it is not tried any more.
CREATE TABLE schedules (
    id BLOB NOT NULL PRIMARY KEY,
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    action TEXT NOT NULL CHECK (action IN ('publish', 'unpublish')),
    at INTEGER NOT NULL,
    revision INTEGER,
    locale TEXT,
    slug TEXT,
    actor_id BLOB NOT NULL,
    next_try_at INTEGER,
    attempts INTEGER NOT NULL,
    failed_at INTEGER,
    last_error TEXT,
    CONSTRAINT schedules_article_id_action UNIQUE (article_id, action)
) STRICT;
CREATE INDEX schedules_at ON schedules (at, id);
CREATE INDEX schedules_next_try_at ON schedules (next_try_at, id) WHERE next_try_at IS NOT NULL;
