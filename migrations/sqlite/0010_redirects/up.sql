-- Redirects that editors create, from paths without an article. target is a path on the website or a URL, and null with the
-- status 410; target_key is the key of a path, as that of addresses. A path that an article has as an address of its own,
-- current or old, leads to the article instead.
CREATE TABLE redirects (
    id BLOB NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER NOT NULL CHECK (status IN (301, 302, 410)),
    target TEXT,
    target_key TEXT,
    CONSTRAINT redirects_key UNIQUE (key),
    CHECK ((target IS NULL) = (status = 410))
) STRICT;
CREATE INDEX redirects_target_key ON redirects (target_key);
