-- Files of subscribers that were sent in: what was asked, how far it is, and what has come of it so far.
CREATE TABLE imports (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL,
    status text COLLATE "C" NOT NULL CHECK (status IN ('receiving', 'waiting', 'running', 'done', 'failed')),
    dry_run boolean NOT NULL,
    source text COLLATE "C",
    statement text COLLATE "C",
    labels json NOT NULL,
    locale text COLLATE "C" NOT NULL,
    delimiter text COLLATE "C" NOT NULL,
    header json NOT NULL,
    bytes bigint NOT NULL,
    next_byte bigint NOT NULL,
    next_line bigint NOT NULL,
    midline boolean NOT NULL,
    rows bigint NOT NULL,
    created bigint NOT NULL,
    updated bigint NOT NULL,
    unchanged bigint NOT NULL,
    suppressed bigint NOT NULL,
    refused bigint NOT NULL,
    error text COLLATE "C",
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz
);
CREATE INDEX imports_created_at ON imports (created_at, id);

-- The bytes of a file, piece by piece, until they are read.
CREATE TABLE import_parts (
    import_id uuid NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (import_id, number)
);

-- What became of each row: no address, no name.
CREATE TABLE import_rows (
    import_id uuid NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    line bigint NOT NULL,
    outcome text COLLATE "C" NOT NULL CHECK (outcome IN ('created', 'updated', 'unchanged', 'suppressed', 'refused')),
    code text COLLATE "C",
    subscriber_id uuid,
    PRIMARY KEY (import_id, number)
);
CREATE INDEX import_rows_outcome ON import_rows (import_id, outcome, number);

-- Whom a dry run has met, by a keyed hash of the address, and how they would be by now. Gone when it is done.
CREATE TABLE import_seen (
    import_id uuid NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    hash bytea NOT NULL,
    state json NOT NULL,
    PRIMARY KEY (import_id, hash)
);
