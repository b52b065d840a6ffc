mod compute;
mod http;
mod mail;
mod permits;
mod templates;
mod text;
