ALTER TABLE articles DROP COLUMN has_unpublished_changes;
ALTER TABLE revisions DROP COLUMN parent;
