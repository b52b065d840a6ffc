//! The fields of an edition.

crate::fields! {
    /// The fields of an edition. The last two are returned only on request.
    EditionField {
        Id = "id", Slug = "slug", Locale = "locale", Url = "url", Title = "title", Subtitle = "subtitle",
        Summary = "summary", Cover = "cover", Featured = "featured", Listed = "listed", Authors = "authors",
        Topics = "topics", Intro = "intro", Sections = "sections", Outline = "outline", WordCount = "word_count",
        ReadingMinutes = "reading_minutes", Seo = "seo", Translations = "translations", Custom = "custom",
        Edition = "edition", PublishedAt = "published_at", UpdatedAt = "updated_at", ContentHtml = "content_html",
        ContentText = "content_text",
    }
}

/// The fields that items of lists have only on request.
pub const ABSENT_FROM_LISTS: [EditionField; 5] = [
    EditionField::Intro,
    EditionField::Sections,
    EditionField::Outline,
    EditionField::ContentHtml,
    EditionField::ContentText,
];
