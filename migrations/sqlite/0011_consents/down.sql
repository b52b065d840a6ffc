DROP INDEX events_kind;
UPDATE jobs SET kind = 'send-confirmation', payload = json_object('confirmation', payload ->> 'mail')
WHERE kind = 'send-mail';
ALTER TABLE confirmations ADD COLUMN tried_at INTEGER;
ALTER TABLE confirmations ADD COLUMN sent_at INTEGER;
ALTER TABLE confirmations ADD COLUMN refused_at INTEGER;
UPDATE confirmations SET (tried_at, sent_at, refused_at) =
    (SELECT tried_at, sent_at, refused_at FROM mails WHERE mails.id = confirmations.id);
DROP TABLE mails;
DROP TABLE subscriber_topics;
ALTER TABLE topics DROP COLUMN followable;
DROP INDEX subscribers_source;
DROP INDEX subscribers_status_updated_at;
DROP INDEX subscribers_status_email;
ALTER TABLE subscribers ADD COLUMN labels TEXT NOT NULL DEFAULT '[]';
UPDATE subscribers SET labels =
    (SELECT json_group_array(label) FROM subscriber_labels WHERE subscriber_id = subscribers.id);
DROP TABLE subscriber_labels;
DROP TABLE unanswered_questions;
DROP TABLE suppressions;
DROP TABLE consents;
DROP TABLE consent_texts;
