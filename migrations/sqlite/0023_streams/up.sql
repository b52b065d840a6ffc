-- The newest event of each subject that can have changed which filters it matches: any but a rerendering. Whoever has read
-- it needs to know nothing of a rerendering that no filter of theirs matches.
ALTER TABLE latest_changes ADD COLUMN edited_event_id INTEGER NOT NULL DEFAULT 0;
UPDATE latest_changes SET edited_event_id = event_id;
