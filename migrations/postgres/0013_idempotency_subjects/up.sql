-- What a stored response is about: the subject of the first event of its request, such as an article.
ALTER TABLE idempotency_keys ADD COLUMN subject_id uuid;
CREATE INDEX idempotency_keys_subject_id ON idempotency_keys (subject_id) WHERE subject_id IS NOT NULL;
