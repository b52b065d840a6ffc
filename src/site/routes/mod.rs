//! The endpoints of the site settings.

pub mod site;

crate::operations! {
    "site": "Settings of the publication, redirects and changes.";

    get    "/v1/site" => site::get_site, public;
    patch  "/v1/site" => site::update_site;
}
