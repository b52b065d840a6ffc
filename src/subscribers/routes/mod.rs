//! Subscribers over HTTP, and the pages people see. A file a URL or a close family of URLs.

pub mod confirm;
pub mod consents;
pub mod embed;
pub mod export;
pub mod import_rows;
pub mod imports;
mod pages;
pub mod preferences;
mod signup;
pub mod stats;
pub mod subscribe;
pub mod subscriber;
pub mod subscribers;
pub mod suppressions;
pub mod unsubscribe;
pub mod unsubscribe_page;
mod visitor;

crate::operations! {
    "subscribers": "The subscriber list: sign-up, consent, import and export.";
    "pages": "HTML pages for subscribers and users. They work without JavaScript.";

    post   "/v1/subscribers"                       => subscribers::subscribe_address, open;
    get    "/v1/subscribers"                       => subscribers::list_subscribers;
    get    "/v1/subscribers/stats"                 => stats::get_subscriber_stats;
    get    "/v1/subscribers/export"                => export::export_subscribers;
    get    "/v1/subscribers/{id}"                  => subscriber::get_subscriber;
    patch  "/v1/subscribers/{id}"                  => subscriber::update_subscriber;
    delete "/v1/subscribers/{id}"                  => subscriber::delete_subscriber;
    get    "/v1/subscribers/{id}/consents"         => consents::list_consents;
    get    "/v1/subscribers/{id}/export"           => export::export_subscriber;
    post   "/v1/subscribers/{id}/unsubscribe"      => unsubscribe::unsubscribe_subscriber;
    get    "/v1/suppressions"                      => suppressions::list_suppressions;
    post   "/v1/suppressions"                      => suppressions::create_suppression;
    post   "/v1/subscriber-imports"                => imports::create_subscriber_import;
    get    "/v1/subscriber-imports"                => imports::list_subscriber_imports;
    get    "/v1/subscriber-imports/{id}"       => imports::get_subscriber_import;
    get    "/v1/subscriber-imports/{id}/rows"  => import_rows::list_subscriber_import_rows;
    get    "/subscribe"                            => subscribe::get_subscribe_page;
    post   "/subscribe"                            => subscribe::submit_subscribe_page;
    get    "/subscribe/embed"                      => embed::get_embed_page;
    get    "/subscribe/embed.html"                 => embed::get_embeddable_form;
    get    "/subscribe/confirm/{token}"            => confirm::get_confirm_page;
    post   "/subscribe/confirm/{token}"            => confirm::submit_confirm_page;
    get    "/subscribe/unsubscribe/{token}"        => unsubscribe_page::get_unsubscribe_page;
    post   "/subscribe/unsubscribe/{token}"        => unsubscribe_page::submit_unsubscribe_page;
    get    "/subscribe/preferences/{token}"        => preferences::get_preferences_page;
    post   "/subscribe/preferences/{token}"        => preferences::submit_preferences_page;
    post   "/subscribe/preferences/{token}/export" => preferences::download_personal_data;
}
