//! Previews over HTTP.

pub mod link;
pub mod links;
pub mod page;
pub mod preview;

crate::operations! {
    get    "/v1/articles/{article}/preview"            => preview::get_preview;
    get    "/v1/articles/{article}/preview-links"      => links::list_preview_links;
    post   "/v1/articles/{article}/preview-links"      => links::create_preview_link;
    delete "/v1/articles/{article}/preview-links/{id}" => link::delete_preview_link;
    get    "/preview/{token}"                          => page::get_preview_page;
}
