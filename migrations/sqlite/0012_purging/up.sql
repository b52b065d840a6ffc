-- When deleting an article for good began. From then on nobody finds it; a job deletes its rows.
ALTER TABLE articles ADD COLUMN purging_at INTEGER;
-- What is in the trash, the oldest first.
CREATE INDEX articles_trashed_at ON articles (trashed_at) WHERE trashed_at IS NOT NULL AND purging_at IS NULL;
