DROP INDEX articles_trashed_at;
ALTER TABLE articles DROP COLUMN purging_at;
