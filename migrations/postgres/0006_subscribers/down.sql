DROP TABLE confirmations;
DROP TABLE subscribers;
