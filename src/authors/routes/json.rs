//! Authors as JSON: what requests carry and what responses show.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::{Error, Result, Violations};
use crate::base::http::json::{Clearable, present};
use crate::base::ids::{AuthorId, UserId};
use crate::base::text::slug::Slug;
use crate::base::text::validate;
use crate::terms::routes::PublicTerm;
use crate::terms::{self, Term, set};
use crate::users;

crate::fields! {
    /// A field of an author.
    AuthorField {
        Id = "id",
        Slug = "slug",
        Name = "name",
        Bio = "bio",
        WebsiteUrl = "website_url",
        ImageUrl = "image_url",
        CreatedAt = "created_at",
        UpdatedAt = "updated_at",
        ArticleCount = "article_count",
    }
}

/// An author: who articles are by.
#[derive(Debug, Serialize, ToSchema)]
pub struct Author {
    id: AuthorId,
    slug: Slug,
    /// The name shown to people.
    #[schema(min_length = 1, max_length = 200, example = "Ada Marsh")]
    name: String,
    /// Who the author is, as plain text.
    #[schema(
        required = true,
        min_length = 1,
        max_length = 2000,
        example = "Writes about tides and harbours."
    )]
    bio: Option<String>,
    /// The author's website.
    #[schema(required = true, max_length = 2000, example = "https://ada.example/")]
    website_url: Option<String>,
    /// A picture of the author.
    #[schema(required = true, max_length = 2000, example = "https://ada.example/portrait.jpg")]
    image_url: Option<String>,
    /// When the author was created.
    created_at: Timestamp,
    /// When the author was last changed.
    updated_at: Timestamp,
    /// The number of listed articles by them; present only if `fields` names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    article_count: Option<i64>,
}

/// An author as editors see one.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditedAuthor {
    #[serde(flatten)]
    author: Author,
    /// The user that the author is. Never shown to readers.
    #[schema(required = true)]
    user_id: Option<UserId>,
}

crate::partial!(PartialAuthor of Author);

/// A page of authors.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthorPage {
    #[schema(max_items = 100)]
    items: Vec<PartialAuthor>,
    /// The `cursor` of the next page; `null` on the last page.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
    /// The number of authors in the whole list; present only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

/// An author to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAuthor {
    /// The name shown to people: one line.
    #[schema(format = "line", min_length = 1, max_length = 200, example = "Ada Marsh")]
    pub name: String,
    /// The name in URLs; derived from `name` if omitted.
    #[schema(value_type = Option<Slug>)]
    pub slug: Option<String>,
    /// Who the author is, as plain text.
    #[schema(max_length = 2000)]
    pub bio: Option<String>,
    /// The author's website: an absolute http or https URL.
    #[schema(format = "web-url", max_length = 2000)]
    pub website_url: Option<String>,
    /// A picture of the author: an absolute http or https URL.
    #[schema(format = "web-url", max_length = 2000)]
    pub image_url: Option<String>,
    /// The user that the author is. Several authors can be the same user.
    pub user_id: Option<UserId>,
}

/// Changes to an author. Omitted fields keep their value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateAuthor {
    /// The name shown to people: one line.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, format = "line", min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// The name in URLs.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Slug, required = false)]
    pub slug: Option<String>,
    /// Who the author is, as plain text; `null` removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    pub bio: Clearable<String>,
    /// The author's website; `null` removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "web-url", max_length = 2000)]
    pub website_url: Clearable<String>,
    /// A picture of the author; `null` removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "web-url", max_length = 2000)]
    pub image_url: Clearable<String>,
    /// The user that the author is; `null` removes the link.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<UserId>)]
    pub user_id: Clearable<UserId>,
}

/// The author to merge into.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeAuthor {
    /// The id or slug of the author who remains.
    #[schema(format = "slug-or-id", min_length = 1, max_length = 120, example = "ada-marsh")]
    pub into: String,
}

/// Valid changes to an author.
#[derive(Debug)]
pub struct AuthorChange {
    pub name: Option<String>,
    pub slug: Option<Slug>,
    bio: Clearable<String>,
    website_url: Clearable<String>,
    image_url: Clearable<String>,
    user_id: Clearable<UserId>,
}

impl UpdateAuthor {
    pub fn parse(self, violations: &mut Violations) -> AuthorChange {
        let text = |noun, text: Option<String>| {
            text.map_or(Ok(None), |text| validate::optional_text(noun, &text, terms::MAX_TEXT))
        };
        let url = |noun, url: Option<String>| url.map(|url| validate::url(noun, &url)).transpose();
        AuthorChange {
            name: self
                .name
                .and_then(|name| violations.take("/name", validate::line("name", &name, terms::MAX_NAME))),
            slug: self.slug.and_then(|slug| violations.take("/slug", Slug::parse(&slug))),
            bio: self.bio.and_then(|new| violations.take("/bio", text("bio", new))),
            website_url: self
                .website_url
                .and_then(|new| violations.take("/website_url", url("website-url", new))),
            image_url: self.image_url.and_then(|new| violations.take("/image_url", url("image-url", new))),
            user_id: self.user_id,
        }
    }
}

impl AuthorChange {
    pub fn apply(&self, tx: &mut Tx<'_>, author: &mut Term<AuthorId>) -> Result<()> {
        if let Some(user) = self.user_id.flatten()
            && users::store::find(tx, user)?.is_none()
        {
            return Err(Error::invalid("/user_id", "user-unknown", "There is no user with this id."));
        }
        set(&mut author.name, self.name.as_ref());
        set(&mut author.slug, self.slug.as_ref());
        set(&mut author.details.bio, self.bio.as_ref());
        set(&mut author.details.website_url, self.website_url.as_ref());
        set(&mut author.details.image_url, self.image_url.as_ref());
        set(&mut author.details.user_id, self.user_id.as_ref());
        Ok(())
    }
}

impl PublicTerm for Author {
    type Id = AuthorId;
    type Field = AuthorField;
    const ARTICLE_COUNT: AuthorField = AuthorField::ArticleCount;

    fn new(author: Term<AuthorId>, article_count: Option<i64>) -> Self {
        Self {
            id: author.id,
            slug: author.slug,
            name: author.name,
            bio: author.details.bio,
            website_url: author.details.website_url,
            image_url: author.details.image_url,
            created_at: author.created_at,
            updated_at: author.updated_at,
            article_count,
        }
    }
}

impl From<Term<AuthorId>> for EditedAuthor {
    fn from(author: Term<AuthorId>) -> Self {
        Self { user_id: author.details.user_id, author: Author::new(author, None) }
    }
}
