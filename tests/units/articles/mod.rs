mod compare;
mod fold;
