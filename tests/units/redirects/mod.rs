mod address;
mod rules;
