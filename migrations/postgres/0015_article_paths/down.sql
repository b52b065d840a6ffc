DROP INDEX renderings_slug;
DROP TABLE article_paths;
