//! The ids of everything, one type each, so that none is mistaken for another. All are UUIDv7 and sort by their creation.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::pg::{Pg, PgValue};
use diesel::sql_types::Binary;
use diesel::sqlite::Sqlite;
use uuid::Uuid;

use crate::base::db::connection::{MultiBackend, MultiRawValue};

/// A type that is a UUID and nothing else: what the `id!` macro makes.
pub trait IsId: std::fmt::Debug + Copy {
    /// The bare UUID.
    fn uuid(&self) -> Uuid;
    /// The id that this UUID is.
    fn from_uuid(uuid: Uuid) -> Self;
}

/// Declares an id type: a `UUIDv7` that cannot be mistaken for another resource's.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
            utoipa::ToSchema, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = $crate::base::db::types::Id)]
        #[schema(value_type = String, format = Uuid, min_length = 36, max_length = 36)]
        #[serde(transparent)]
        pub struct $name(uuid::Uuid);

        impl IsId for $name {
            fn uuid(&self) -> uuid::Uuid {
                self.0
            }
            fn from_uuid(uuid: uuid::Uuid) -> Self {
                Self(uuid)
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
        impl diesel::serialize::ToSql<$crate::base::db::types::Id, diesel::sqlite::Sqlite> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::sqlite::Sqlite>,
            ) -> diesel::serialize::Result {
                out.set_value(self.0.as_bytes().as_slice());
                Ok(diesel::serialize::IsNull::No)
            }
        }
        impl diesel::serialize::ToSql<$crate::base::db::types::Id, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                std::io::Write::write_all(out, self.0.as_bytes())?;
                Ok(diesel::serialize::IsNull::No)
            }
        }
        impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<$crate::base::db::types::Id, DB> for $name
        where
            uuid::Uuid: ReadId<DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                ReadId::read(value).map(Self)
            }
        }
        impl diesel::serialize::ToSql<$crate::base::db::types::Id, $crate::base::db::connection::MultiBackend> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, $crate::base::db::connection::MultiBackend>,
            ) -> diesel::serialize::Result {
                out.set_value(($crate::base::db::types::Id, self));
                Ok(diesel::serialize::IsNull::No)
            }
        }
    };
}

/// How a backend hands out the sixteen bytes of an id.
pub trait ReadId<DB: Backend>: Sized {
    /// Reads one.
    ///
    /// # Errors
    /// When the column holds anything but sixteen bytes.
    fn read(value: DB::RawValue<'_>) -> deserialize::Result<Self>;
}
impl ReadId<Sqlite> for Uuid {
    fn read(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        Ok(Uuid::from_slice(&bytes)?)
    }
}
impl ReadId<Pg> for Uuid {
    fn read(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Uuid::from_slice(value.as_bytes())?)
    }
}
impl ReadId<MultiBackend> for Uuid {
    fn read(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
        match value {
            MultiRawValue::Sqlite(value) => <Uuid as ReadId<Sqlite>>::read(value),
            MultiRawValue::Postgres(value) => <Uuid as ReadId<Pg>>::read(value),
        }
    }
}

id! {
    /// Identifies a user.
    UserId
}
id! {
    /// Identifies who acted: a user or an API key.
    ActorId
}
id! {
    /// Identifies a session.
    SessionId
}
id! {
    /// Identifies a link in an account email.
    AccountLinkId
}
id! {
    /// Identifies a second factor.
    SecondFactorId
}
id! {
    /// Identifies a login attempt that failed or is under way.
    LoginAttemptId
}
id! {
    /// Identifies an API key.
    ApiKeyId
}
id! {
    /// Identifies a key: the `kid` of the tokens it signs.
    KeyId
}
id! {
    /// Identifies a topic.
    TopicId
}
id! {
    /// Identifies an author.
    AuthorId
}
id! {
    /// Identifies an article.
    ArticleId
}
id! {
    /// Identifies a section.
    SectionId
}
id! {
    /// Identifies a scheduled action.
    ScheduleId
}
id! {
    /// Identifies a preview link.
    PreviewLinkId
}
id! {
    /// Identifies a review.
    ReviewId
}
id! {
    /// Identifies a note.
    NoteId
}
id! {
    /// Identifies a redirect that was created on its own.
    RedirectId
}
id! {
    /// Identifies a subscriber.
    SubscriberId
}
id! {
    /// Identifies a confirmation request.
    ConfirmationRequestId
}
id! {
    /// Identifies an email in the outbox.
    EmailId
}
id! {
    /// Identifies a piece of evidence.
    ConsentId
}
id! {
    /// Identifies a suppressed address.
    SuppressionId
}
id! {
    /// Identifies an import.
    ImportId
}
id! {
    /// Identifies a webhook.
    WebhookId
}
id! {
    /// Identifies what is sent to a webhook.
    WebhookDeliveryId
}
id! {
    /// Identifies a process that holds leases.
    LeaseHolderId
}
id! {
    /// Identifies a job.
    JobId
}
id! {
    /// What an event is about, whatever kind it is of.
    SubjectId
}
id! {
    /// Identifies a group of articles that are translations of each other.
    TranslationGroupId
}
id! {
    /// Identifies a topic or an author, whichever it is.
    TermId
}

impl From<UserId> for ActorId {
    fn from(user: UserId) -> Self {
        Self(user.0)
    }
}
impl From<ApiKeyId> for ActorId {
    fn from(key: ApiKeyId) -> Self {
        Self(key.0)
    }
}

/// The UUIDs in a text, wherever they stand.
pub fn uuids(text: &[u8]) -> impl Iterator<Item = Uuid> {
    let is_hyphen = |part: &[u8], at: usize| part.get(at) == Some(&b'-');
    let written = text.windows(36).filter(move |part| [8, 13, 18, 23].iter().all(|at| is_hyphen(part, *at)));
    written.filter_map(|part| Uuid::try_parse_ascii(part).ok())
}
