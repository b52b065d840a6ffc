DROP TABLE rendering_values;
