//! Editions over HTTP: what readers get, and what publishes it.

pub mod adjacent;
pub mod article;
pub mod article_formats;
pub mod articles;
pub mod corrections;
pub mod edition;
pub mod editions;
pub mod include;
pub mod publish;
pub mod related;
pub mod restore;
pub mod sections;
pub mod unpublish;

crate::operations! {
    "articles": "Published articles as readers see them: the live editions.";

    get    "/v1/articles"                              => articles::list_articles, public;
    get    "/v1/articles/{article}"                    => article::get_article, public;
    delete "/v1/articles/{article}"                    => article::delete_article;
    get    "/v1/articles/{article}/html"               => article_formats::get_article_html, public;
    get    "/v1/articles/{article}/markdown"           => article_formats::get_article_markdown, public;
    get    "/v1/articles/{article}/sections"           => sections::list_sections, public;
    get    "/v1/articles/{article}/sections/{section}" => sections::get_section, public;
    get    "/v1/articles/{article}/adjacent"           => adjacent::get_adjacent_articles, public;
    get    "/v1/articles/{article}/related"            => related::list_related_articles, public;
    post   "/v1/articles/{article}/publish"            => publish::publish_article;
    post   "/v1/articles/{article}/corrections"        => corrections::correct_article;
    post   "/v1/articles/{article}/unpublish"          => unpublish::unpublish_article;
    post   "/v1/articles/{article}/restore"            => restore::restore_article;
    get    "/v1/articles/{article}/editions"           => editions::list_editions;
    get    "/v1/articles/{article}/editions/{edition}" => edition::get_edition;
}
