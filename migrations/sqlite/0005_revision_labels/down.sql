DROP TABLE revision_labels;
