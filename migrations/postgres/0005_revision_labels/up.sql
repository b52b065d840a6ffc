-- The names that editors give revisions. They stand apart, because a list of revisions would read past their content. A
-- revision with a name is kept.
CREATE TABLE revision_labels (
    article_id uuid NOT NULL,
    revision bigint NOT NULL,
    label text COLLATE "C" NOT NULL,
    PRIMARY KEY (article_id, revision),
    FOREIGN KEY (article_id, revision) REFERENCES revisions (article_id, revision) ON DELETE CASCADE
);
