mod expression;
mod growth;
mod occurrences;
mod query;
mod rank;
mod snippet;
