-- A minor edition leaves the article's updated_at as it was.
ALTER TABLE editions ADD COLUMN minor INTEGER NOT NULL DEFAULT 0;
