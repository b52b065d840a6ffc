DROP TABLE authors;
DROP TABLE topics;
