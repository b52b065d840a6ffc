mod compute;
mod db;
mod http;
mod json;
mod mail;
mod permits;
mod templates;
mod text;
