-- Files of subscribers that were sent in: what was asked, how far it is, and what has come of it so far.
CREATE TABLE imports (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('receiving', 'waiting', 'running', 'done', 'failed')),
    dry_run INTEGER NOT NULL,
    source TEXT,
    statement TEXT,
    labels TEXT NOT NULL,
    locale TEXT NOT NULL,
    delimiter TEXT NOT NULL,
    header TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    next_byte INTEGER NOT NULL,
    next_line INTEGER NOT NULL,
    midline INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    suppressed INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    error TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER
) STRICT;
CREATE INDEX imports_created_at ON imports (created_at, id);

-- The bytes of a file, piece by piece, until they are read.
CREATE TABLE import_parts (
    import_id BLOB NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (import_id, number)
) STRICT;

-- What became of each row: no address, no name.
CREATE TABLE import_rows (
    import_id BLOB NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    line INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('created', 'updated', 'unchanged', 'suppressed', 'refused')),
    code TEXT,
    subscriber_id BLOB,
    PRIMARY KEY (import_id, number)
) STRICT;
CREATE INDEX import_rows_outcome ON import_rows (import_id, outcome, number);

-- Whom a dry run has met, by a keyed hash of the address, and how they would be by now. Gone when it is done.
CREATE TABLE import_seen (
    import_id BLOB NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (import_id, hash)
) STRICT;
