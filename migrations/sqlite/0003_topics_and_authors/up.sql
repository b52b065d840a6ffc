-- What articles are about. A merged topic stays as a signpost for old revisions that name it.
CREATE TABLE topics (
    id BLOB NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    merged_into BLOB REFERENCES topics (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT topics_slug UNIQUE (slug)
) STRICT;
CREATE INDEX topics_name ON topics (name, id);
CREATE INDEX topics_merged_into ON topics (merged_into);

-- Who articles are by. An author may be linked to a user and need not be.
CREATE TABLE authors (
    id BLOB NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    bio TEXT,
    website_url TEXT,
    image_url TEXT,
    user_id BLOB REFERENCES users (id) ON DELETE SET NULL,
    merged_into BLOB REFERENCES authors (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT authors_slug UNIQUE (slug)
) STRICT;
CREATE INDEX authors_name ON authors (name, id);
CREATE INDEX authors_user_id ON authors (user_id);
CREATE INDEX authors_merged_into ON authors (merged_into);
