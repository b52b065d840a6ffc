//! Authors over HTTP.

pub mod authors;

crate::operations! {
    get    "/v1/authors"                => authors::list_authors;
    post   "/v1/authors"                => authors::create_author;
    get    "/v1/authors/{author}"       => authors::get_author;
    patch  "/v1/authors/{author}"       => authors::update_author;
    delete "/v1/authors/{author}"       => authors::delete_author;
    post   "/v1/authors/{author}/merge" => authors::merge_author;
}
