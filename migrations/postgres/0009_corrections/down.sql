DROP INDEX revisions_same_as;
ALTER TABLE revisions DROP COLUMN same_as;
ALTER TABLE revisions DROP COLUMN parent;
