-- Whether this database is a restored copy that is quiet: one row, and since when, until an operator resumes it. Meanwhile no
-- scheduled action is done and nothing is sent. No archive contains this row.
CREATE TABLE quiet (
    id bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    since timestamptz NOT NULL
);
