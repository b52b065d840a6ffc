ALTER TABLE revisions DROP COLUMN content_hash;
DROP INDEX outbox_emails_article_id;
ALTER TABLE outbox_emails DROP COLUMN article_id;
ALTER TABLE reviews DROP COLUMN requester_id;
