-- Who requested the review that is being answered: the user of the last request since the article was published or a review
-- withdrawn.
ALTER TABLE reviews ADD COLUMN requester_id uuid;
UPDATE reviews SET requester_id = user_id WHERE state = 'requested';

-- The article that an email is about. It is deleted with the article.
ALTER TABLE outbox_emails ADD COLUMN article_id uuid;
CREATE INDEX outbox_emails_article_id ON outbox_emails (article_id) WHERE article_id IS NOT NULL;

-- A hash of the content without its topics and authors, which can be merged. NULL for revisions of earlier releases.
ALTER TABLE revisions ADD COLUMN content_hash bytea;
