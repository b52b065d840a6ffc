-- Preview links: whoever has one reads the draft of its article, or one revision, until it expires or is revoked, which
-- deletes the row. Only the hash of the token is stored. The user is the one whose rights were used; it works while they are
-- active.
CREATE TABLE preview_links (
    id uuid NOT NULL PRIMARY KEY,
    article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL,
    revision bigint,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    actor_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT preview_links_token_hash UNIQUE (token_hash)
);
CREATE INDEX preview_links_article_id ON preview_links (article_id, expires_at);
CREATE INDEX preview_links_user_id ON preview_links (user_id);
CREATE INDEX preview_links_expires_at ON preview_links (expires_at);
