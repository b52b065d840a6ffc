-- The names that editors give revisions. They stand apart, because a list of revisions would read past their content. A
-- revision with a name is kept.
CREATE TABLE revision_labels (
    article_id BLOB NOT NULL,
    revision INTEGER NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (article_id, revision),
    FOREIGN KEY (article_id, revision) REFERENCES revisions (article_id, revision) ON DELETE CASCADE
) STRICT;
