-- The newest event of each subject that can have changed which filters it matches: any but a rerendering. Whoever has read
-- it needs to know nothing of a rerendering that no filter of theirs matches.
ALTER TABLE latest_changes ADD COLUMN edited_event_id INTEGER NOT NULL DEFAULT 0;
UPDATE latest_changes SET edited_event_id = event_id;

-- How far the cache in front of the server has been purged: one row. All events up to `event_id` have been purged, none if it
-- is null.
CREATE TABLE cdn_purges (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    event_id INTEGER
) STRICT;
INSERT INTO cdn_purges (id, event_id) VALUES (1, NULL);
