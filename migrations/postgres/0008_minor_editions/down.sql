ALTER TABLE editions DROP COLUMN minor;
