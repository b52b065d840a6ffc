//! The real executable, as an operator meets it: commands, settings, and what is said when something is wrong.

#[path = "../api/executable.rs"]
mod executable;
#[path = "../api/mail_server.rs"]
mod mail_server;
#[path = "../api/test_database.rs"]
mod test_database;

mod demo;
mod dns_server;

mod archives;
mod commands;
mod doctor;
mod import;
mod settings;
mod users;
