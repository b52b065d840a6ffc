DROP INDEX idempotency_keys_subject_id;
ALTER TABLE idempotency_keys DROP COLUMN subject_id;
