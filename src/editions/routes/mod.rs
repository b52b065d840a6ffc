//! Editions over HTTP: what readers fetch, and what editors do to it.

pub mod adjacent;
pub mod articles;
pub mod editions;
pub mod preview;
pub mod publish;
pub mod related;

crate::operations! {
    get    "/v1/articles"                              => articles::list_articles;
    get    "/v1/articles/{article}"                    => articles::get_article;
    get    "/v1/articles/{article}/html"               => articles::get_article_html;
    get    "/v1/articles/{article}/markdown"           => articles::get_article_markdown;
    get    "/v1/articles/{article}/sections"           => articles::list_sections;
    get    "/v1/articles/{article}/sections/{section}" => articles::get_section;
    get    "/v1/articles/{article}/adjacent"           => adjacent::get_adjacent_articles;
    get    "/v1/articles/{article}/related"            => related::list_related_articles;
    get    "/v1/articles/{article}/preview"            => preview::get_preview;
    post   "/v1/articles/{article}/publish"            => publish::publish_article;
    post   "/v1/articles/{article}/unpublish"          => publish::unpublish_article;
    get    "/v1/articles/{article}/editions"           => editions::list_editions;
    get    "/v1/articles/{article}/editions/{edition}" => editions::get_edition;
}
