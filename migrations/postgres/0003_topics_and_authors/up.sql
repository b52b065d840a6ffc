-- What articles are about. A merged topic stays as a signpost for old revisions that name it.
CREATE TABLE topics (
    id uuid NOT NULL PRIMARY KEY,
    slug text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    description text COLLATE "C",
    merged_into uuid REFERENCES topics (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT topics_slug UNIQUE (slug)
);
CREATE INDEX topics_name ON topics (name, id);
CREATE INDEX topics_merged_into ON topics (merged_into);

-- Who articles are by. An author may be linked to a user and need not be.
CREATE TABLE authors (
    id uuid NOT NULL PRIMARY KEY,
    slug text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    bio text COLLATE "C",
    website_url text COLLATE "C",
    image_url text COLLATE "C",
    user_id uuid REFERENCES users (id) ON DELETE SET NULL,
    merged_into uuid REFERENCES authors (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT authors_slug UNIQUE (slug)
);
CREATE INDEX authors_name ON authors (name, id);
CREATE INDEX authors_user_id ON authors (user_id);
CREATE INDEX authors_merged_into ON authors (merged_into);
