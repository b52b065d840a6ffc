DROP TABLE rendering_authors;
DROP TABLE rendering_topics;
DROP TABLE renderings;
DROP TABLE editions;
