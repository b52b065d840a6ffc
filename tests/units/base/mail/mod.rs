mod address;
mod message;
mod smtp;
