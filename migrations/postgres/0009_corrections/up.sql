-- The revision that a revision was made from.
ALTER TABLE revisions ADD COLUMN parent bigint;
UPDATE revisions SET parent = (
    SELECT max(earlier.revision) FROM revisions AS earlier
    WHERE earlier.article_id = revisions.article_id AND earlier.revision < revisions.revision
);

-- Whether the draft differs from the live edition. Numbers of revisions do not tell: a correction makes one that is live
-- beside one that is the draft.
ALTER TABLE articles ADD COLUMN has_unpublished_changes boolean NOT NULL DEFAULT true;
UPDATE articles SET has_unpublished_changes = false WHERE published_revision = revision;
