DROP TABLE draft_values;
ALTER TABLE renderings ADD COLUMN translation_of BLOB;
CREATE INDEX renderings_translation_of ON renderings (translation_of);
ALTER TABLE article_metadata ADD COLUMN translation_of BLOB REFERENCES articles (id) ON DELETE SET NULL;
CREATE INDEX article_metadata_translation_of ON article_metadata (translation_of);
UPDATE article_metadata SET translation_of = (
    SELECT source_id FROM translations JOIN translation_groups ON translation_groups.id = group_id
    WHERE translations.article_id = article_metadata.article_id AND source_id <> article_metadata.article_id
);
UPDATE renderings SET translation_of = (
    SELECT translation_of FROM article_metadata WHERE article_metadata.article_id = renderings.article_id
);
DROP TABLE translation_locales;
DROP TABLE translations;
DROP TABLE translation_groups;
