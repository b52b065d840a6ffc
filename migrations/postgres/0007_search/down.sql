DROP TABLE search_words;
DROP TABLE search_places;
DROP TABLE search_articles;
