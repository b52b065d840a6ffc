-- Whether this database is a restored copy that is quiet: one row, and since when, until an operator resumes it. Meanwhile no
-- scheduled action is done and nothing is sent. No archive contains this row.
CREATE TABLE quiet (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    since INTEGER NOT NULL
) STRICT;
