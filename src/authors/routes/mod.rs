//! Authors over HTTP.

pub mod author;
pub mod authors;
mod json;
pub mod merge;

crate::operations! {
    "authors": "The authors that articles name.";

    get    "/v1/authors"                => authors::list_authors, public;
    post   "/v1/authors"                => authors::create_author;
    get    "/v1/authors/{author}"       => author::get_author, public;
    patch  "/v1/authors/{author}"       => author::update_author;
    delete "/v1/authors/{author}"       => author::delete_author;
    post   "/v1/authors/{author}/merge" => merge::merge_author;
}
