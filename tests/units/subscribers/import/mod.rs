mod cells;
mod columns;
mod person;
mod reader;
mod utf8;
mod vocabulary;
