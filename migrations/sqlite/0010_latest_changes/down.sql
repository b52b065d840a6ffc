DROP TABLE latest_changes;
