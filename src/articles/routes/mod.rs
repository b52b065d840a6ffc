//! Drafts over HTTP.

pub mod articles;
pub mod drafts;
pub mod revisions;
pub mod sections;

crate::operations! {
    post   "/v1/articles"                                        => articles::create_article;
    delete "/v1/articles/{article}"                              => articles::remove_article;
    get    "/v1/drafts"                                          => drafts::list_drafts;
    get    "/v1/articles/{article}/draft"                        => articles::get_draft;
    patch  "/v1/articles/{article}/draft"                        => articles::update_draft;
    get    "/v1/articles/{article}/draft/markdown"               => articles::get_draft_markdown;
    put    "/v1/articles/{article}/draft/markdown"               => articles::replace_draft_markdown;
    get    "/v1/articles/{article}/draft/sections"               => sections::list_draft_sections;
    post   "/v1/articles/{article}/draft/sections"               => sections::add_section;
    put    "/v1/articles/{article}/draft/sections"               => sections::replace_sections;
    get    "/v1/articles/{article}/draft/sections/{section}"     => sections::get_draft_section;
    patch  "/v1/articles/{article}/draft/sections/{section}"     => sections::update_section;
    delete "/v1/articles/{article}/draft/sections/{section}"     => sections::remove_section;
    post   "/v1/articles/{article}/restore"                      => articles::restore_article;
    get    "/v1/articles/{article}/revisions"                    => revisions::list_revisions;
    get    "/v1/articles/{article}/revisions/{revision}"         => revisions::get_revision;
    post   "/v1/articles/{article}/revisions/{revision}/restore" => revisions::restore_revision;
}
