DROP TABLE notes;
DROP INDEX articles_title;
DROP INDEX articles_created_at;
DROP TABLE reviews;
