DROP TABLE slugs;
DROP TABLE revisions;
DROP TABLE changes;
DROP TABLE sections;
DROP TABLE article_authors;
DROP TABLE article_topics;
DROP TABLE articles;
