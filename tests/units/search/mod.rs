mod expression;
mod occurrences;
mod query;
mod rank;
mod snippet;
