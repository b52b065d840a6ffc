-- The translations of one text: each member is an article. The source is the member that the others are translations of.
CREATE TABLE translation_groups (
    id BLOB NOT NULL PRIMARY KEY,
    source_id BLOB REFERENCES articles (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX translation_groups_source_id ON translation_groups (source_id);

-- The group of an article; those in the trash, too. One is behind if the source has an edition, not a minor one, that is
-- newer than its own last edition.
CREATE TABLE translations (
    article_id BLOB NOT NULL PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    group_id BLOB NOT NULL REFERENCES translation_groups (id),
    behind INTEGER NOT NULL
) STRICT;
CREATE INDEX translations_group_id ON translations (group_id, article_id);
CREATE INDEX translations_behind ON translations (article_id) WHERE behind;

-- Which member of a group has a language: its draft has it, or its live edition. Those in the trash have none.
CREATE TABLE translation_locales (
    group_id BLOB NOT NULL REFERENCES translation_groups (id),
    locale TEXT NOT NULL,
    article_id BLOB NOT NULL REFERENCES translations (article_id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, locale)
) STRICT;
CREATE INDEX translation_locales_article_id ON translation_locales (article_id);

-- Until now a draft named the article that it translates. Those that lead to the same one become a group; if they lead in a
-- circle, the oldest of the circle is the source.
CREATE TEMPORARY TABLE found AS
    WITH RECURSIVE reached (article_id, ancestor_id) AS (
        SELECT article_id, translation_of FROM article_metadata WHERE translation_of IS NOT NULL
        UNION
        SELECT reached.article_id, above.translation_of FROM reached
            JOIN article_metadata AS above ON above.article_id = reached.ancestor_id
            WHERE above.translation_of IS NOT NULL
    )
    SELECT reached.article_id,
        coalesce(min(CASE WHEN above.translation_of IS NULL THEN ancestor_id END), min(ancestor_id)) AS source_id
        FROM reached JOIN article_metadata AS above ON above.article_id = ancestor_id
        GROUP BY reached.article_id;
DELETE FROM found WHERE source_id IN (SELECT id FROM articles WHERE purging_at IS NOT NULL);
INSERT INTO translation_groups (id, source_id) SELECT DISTINCT source_id, source_id FROM found;
INSERT INTO translations (article_id, group_id, behind)
    SELECT article_id, source_id, 0 FROM found UNION SELECT source_id, source_id, 0 FROM found;
DELETE FROM translations WHERE article_id IN (SELECT id FROM articles WHERE purging_at IS NOT NULL);
-- Of several in one language the source stays, then one that is live, then the oldest. The others leave.
INSERT INTO translation_locales (group_id, locale, article_id)
    SELECT wanted.group_id, wanted.locale, wanted.article_id FROM (
        SELECT group_id, articles.locale, article_id, live_edition IS NULL AS is_hidden
            FROM translations JOIN articles ON articles.id = article_id WHERE trashed_at IS NULL
        UNION
        SELECT group_id, renderings.locale, article_id, 0
            FROM translations JOIN renderings USING (article_id)
    ) AS wanted
    ORDER BY wanted.group_id <> wanted.article_id, wanted.is_hidden, wanted.article_id
    ON CONFLICT DO NOTHING;
DELETE FROM translations WHERE EXISTS (
    SELECT 1 FROM articles LEFT JOIN renderings ON renderings.article_id = articles.id
    JOIN translation_locales ON translation_locales.group_id = translations.group_id
        AND translation_locales.locale IN (articles.locale, renderings.locale)
    WHERE articles.id = translations.article_id AND articles.trashed_at IS NULL
        AND translation_locales.article_id <> articles.id
);
DROP TABLE found;
UPDATE translations SET behind = EXISTS (
    SELECT 1 FROM translation_groups AS its JOIN editions AS newer ON newer.article_id = its.source_id
    WHERE its.id = translations.group_id AND its.source_id <> translations.article_id AND NOT newer.minor
        AND newer.published_at > (SELECT max(published_at) FROM editions WHERE article_id = translations.article_id)
);

DROP INDEX article_metadata_translation_of;
ALTER TABLE article_metadata DROP COLUMN translation_of;
DROP INDEX renderings_translation_of;
ALTER TABLE renderings DROP COLUMN translation_of;

-- The top-level values of the `custom` of a draft that it is found by, each as JSON: texts, numbers and booleans.
CREATE TABLE draft_values (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    PRIMARY KEY (name, value, article_id)
) STRICT;
CREATE INDEX draft_values_article_id ON draft_values (article_id);
-- Those of drafts that there are: as they were written, but whole numbers without a fraction. Numbers with an exponent
-- are found once the draft is changed.
INSERT INTO draft_values (name, value, article_id)
    SELECT name, CASE WHEN type = 'real' AND json LIKE '%.0' THEN substr(json, 1, length(json) - 2) ELSE json END, article_id
    FROM (
        SELECT key AS name, type, custom -> fullkey AS json, article_id,
            row_number() OVER (PARTITION BY article_id ORDER BY key) AS number
            FROM article_metadata, json_each(custom)
            WHERE length(key) BETWEEN 1 AND 100
                AND (type IN ('true', 'false', 'integer', 'real') OR type = 'text' AND length(atom) <= 200)
    )
    WHERE number <= 50 AND json IS NOT NULL AND (type <> 'real' OR json NOT LIKE '%e%');
