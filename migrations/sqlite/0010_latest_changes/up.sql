-- The newest change of each article that was ever published, as readers saw it: the log with all but the last word of
-- an article left out, for those who follow. Outlives the article.
CREATE TABLE latest_changes (
    article_id BLOB NOT NULL PRIMARY KEY,
    event_id INTEGER NOT NULL,
    change TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT latest_changes_event_id UNIQUE (event_id)
) STRICT;
INSERT INTO latest_changes (article_id, event_id, change, at)
SELECT subject_id, id,
    CASE kind WHEN 'article.published' THEN 'published' WHEN 'rendering.remade' THEN 'updated' ELSE 'withdrawn' END, at
FROM events WHERE id IN (
    SELECT max(id) FROM events
    WHERE kind IN ('article.published', 'rendering.remade', 'article.unpublished', 'article.trashed')
    AND subject_id IN (SELECT subject_id FROM events WHERE kind = 'article.published')
    GROUP BY subject_id
);
