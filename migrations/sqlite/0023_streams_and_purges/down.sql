DROP TABLE cdn_purges;
ALTER TABLE latest_changes DROP COLUMN edited_event_id;
