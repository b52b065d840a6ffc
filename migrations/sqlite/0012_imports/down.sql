DROP TABLE import_seen;
DROP TABLE import_rows;
DROP TABLE import_parts;
DROP TABLE imports;
