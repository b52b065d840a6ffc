mod canonical;
mod client_ip;
mod conditional;
mod encoding;
mod fields;
mod form;
mod json;
mod limit;
