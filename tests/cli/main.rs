//! The real executable, as an operator meets it: commands, settings, and what is said when something is wrong.

#[path = "../api/executable.rs"]
mod executable;
#[path = "../api/test_database.rs"]
mod test_database;

mod commands;
mod import;
mod settings;
