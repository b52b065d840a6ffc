-- The revision that a revision was made from.
ALTER TABLE revisions ADD COLUMN parent INTEGER;
UPDATE revisions SET parent = (
    SELECT max(earlier.revision) FROM revisions AS earlier
    WHERE earlier.article_id = revisions.article_id AND earlier.revision < revisions.revision
);

-- A published revision of the same content, if the draft has come back to one. There are few.
ALTER TABLE revisions ADD COLUMN same_as INTEGER;
CREATE INDEX revisions_same_as ON revisions (article_id, revision, same_as) WHERE same_as IS NOT NULL;
