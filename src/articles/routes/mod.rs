//! Drafts over HTTP.

pub mod article_in_path;
pub mod article_write;
pub mod copy;
pub mod create;
pub mod diff;
pub mod draft;
pub mod draft_markdown;
pub mod drafts;
pub mod note;
pub mod notes;
pub mod paths;
pub mod reviews;
pub mod revision;
pub mod revisions;
pub mod section;
pub mod sections;

crate::operations! {
    "drafts": "Articles as editors work on them.";
    "publishing": "Previews, publishing, schedules and the trash.";
    "reviews": "Reviews of drafts, and notes on them.";
    "history": "Revisions and past editions of an article.";

    post   "/v1/articles"                                        => create::create_article;
    post   "/v1/articles/{article}/copy"                         => copy::copy_article;
    get    "/v1/drafts"                                          => drafts::list_drafts;
    get    "/v1/articles/{article}/draft"                        => draft::get_draft;
    patch  "/v1/articles/{article}/draft"                        => draft::update_draft;
    get    "/v1/articles/{article}/draft/markdown"               => draft_markdown::get_draft_markdown;
    put    "/v1/articles/{article}/draft/markdown"               => draft_markdown::replace_draft_markdown;
    get    "/v1/articles/{article}/draft/sections"               => sections::list_draft_sections;
    post   "/v1/articles/{article}/draft/sections"               => sections::create_section;
    put    "/v1/articles/{article}/draft/sections"               => sections::replace_sections;
    get    "/v1/articles/{article}/draft/sections/{section}"     => section::get_draft_section;
    patch  "/v1/articles/{article}/draft/sections/{section}"     => section::update_section;
    delete "/v1/articles/{article}/draft/sections/{section}"     => section::delete_section;
    get    "/v1/articles/{article}/revisions"                    => revisions::list_revisions;
    get    "/v1/articles/{article}/revisions/{revision}"         => revision::get_revision;
    patch  "/v1/articles/{article}/revisions/{revision}"         => revision::update_revision;
    get    "/v1/articles/{article}/revisions/{revision}/diff"    => diff::compare_revisions;
    post   "/v1/articles/{article}/revisions/{revision}/restore" => revision::restore_revision;
    get    "/v1/articles/{article}/reviews"                      => reviews::list_reviews;
    post   "/v1/articles/{article}/reviews"                      => reviews::create_review;
    delete "/v1/articles/{article}/reviews/current"              => reviews::delete_review;
    get    "/v1/articles/{article}/notes"                        => notes::list_notes;
    post   "/v1/articles/{article}/notes"                        => notes::create_note;
    patch  "/v1/articles/{article}/notes/{note}"                 => note::update_note;
    delete "/v1/articles/{article}/notes/{note}"                 => note::delete_note;
}
