DROP TABLE addresses;
DROP TABLE site;
