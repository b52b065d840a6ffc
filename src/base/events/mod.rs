//! The event log, and every event that it can contain, on one page. Every accepted change appends its event in its
//! own transaction; the response cache, other replicas, delta sync and webhooks read it. An event contains ids and
//! numbers only: data that can be erased is stored elsewhere.

mod append;
mod follower;
mod keys;
mod latest_changes;
mod log;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::log::{Recorded, newest, read};
pub use follower::{catch_up, follow};
pub use keys::Touches;
pub use latest_changes::Change;

use crate::base::ids::{
    ActorId, ApiKeyId, ArticleId, AuthorId, ImportId, IsId as _, JobId, KeyId, NoteId, PreviewLinkId,
    RedirectId, ReviewId, SectionId, SessionId, SubjectId, SubscriberId, SuppressionId, TermId, TopicId,
    UserId, WebhookDeliveryId, WebhookId,
};

/// Who may be told that an event happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Anyone.
    Public,
    /// Users who may read the article's draft.
    Drafts,
    /// Users who may read subscribers.
    Subscribers,
    /// Admins.
    Admins,
}

use Audience::{Admins, Drafts, Public, Subscribers};
use Touches::{Article, Lists, Nothing, SigningKeys, Site, Term};

/// A kind of event.
#[derive(Debug, Clone, Copy)]
pub struct EventSpec {
    /// The name that the log has for it.
    pub name: &'static str,
    /// Which public responses may differ after it.
    pub touches: Touches,
    /// Who may be told.
    pub audience: Audience,
    /// What webhooks and `GET /v1/events` call it: several names if it depends on what was before. None for what they do
    /// not tell.
    pub types: &'static [&'static str],
    /// What happened, in a sentence.
    pub description: &'static str,
}

macro_rules! events {
    ($(
        $(#[doc = $doc:literal])*
        $variant:ident $(($only:ident: $only_type:ty))? $({
            $subject:ident: $subject_type:ty $(, $(#[$of_field:meta])* $field:ident: $field_type:ty)*
        })? $name:literal: $touches:ident $audience:ident $($public:literal)*;
    )*) => {
        /// Everything that can happen.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind", content = "data")]
        #[allow(missing_docs, reason = "the rows of the table say what the fields are")]
        pub enum Event {
            $(
                $(#[doc = $doc])*
                #[serde(rename = $name)]
                $variant $(($only_type))? $({ $subject: $subject_type, $($(#[$of_field])* $field: $field_type,)* })?,
            )*
        }

        /// The kinds of events.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the rows of the table say what they are")]
        pub enum EventKind {
            $($variant,)*
        }

        impl EventKind {
            /// The name that the log has for it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The kind with that name, if this version of the program knows it.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl EventKind {
            /// What the table says of it.
            #[must_use]
            pub fn spec(self) -> &'static EventSpec {
                match self {
                    $(Self::$variant => const {
                        &EventSpec {
                            name: $name,
                            touches: $touches,
                            audience: $audience,
                            types: &[$($public),*],
                            description: concat!($($doc),*),
                        }
                    },)*
                }
            }
        }

        impl Event {
            /// What kind it is of.
            #[must_use]
            pub fn kind(&self) -> EventKind {
                match self {
                    $(Self::$variant { .. } => EventKind::$variant,)*
                }
            }

            /// What it is about. The site and the list of subscribers have no id.
            #[must_use]
            pub fn subject(&self) -> SubjectId {
                match self {
                    $(Self::$variant $(($only))? $({ $subject, .. })? => {
                        first([$($only.uuid())? $($subject.uuid())?])
                    })*
                }
            }
        }

        /// Every kind of event.
        pub const EVENTS: &[EventKind] = &[$(EventKind::$variant),*];
    };
}

impl Event {
    /// Whether any public response may differ from now on.
    #[must_use]
    pub fn readers_see(&self) -> bool {
        self.kind().spec().touches != Nothing
    }

    /// Who may be told.
    #[must_use]
    pub fn audience(&self) -> Audience {
        self.kind().spec().audience
    }
}

/// Every name that webhooks and `GET /v1/events` have for events, each once.
pub fn public_types() -> impl Iterator<Item = &'static str> {
    let all = EVENTS.iter().flat_map(|kind| kind.spec().types).copied();
    let is_first = |(at, name): &(usize, &'static str)| {
        !EVENTS.iter().flat_map(|kind| kind.spec().types).take(*at).any(|other| other == name)
    };
    all.enumerate().filter(is_first).map(|(_, name)| name)
}

events! {
    //                                        what it touches, who may be told, and what webhooks call it
    /// A user was added.
    UserCreated(user: UserId)                                           "user.created": Nothing Admins;
    /// A user was invited.
    UserInvited(user: UserId)                                           "user.invited": Nothing Admins;
    /// An invited user chose a password.
    UserActivated(user: UserId)                                         "user.activated": Nothing Admins;
    /// The name, language or notifications of a user were changed.
    UserUpdated(user: UserId)                                           "user.updated": Nothing Admins;
    /// A user got another role.
    UserRoleChanged { user: UserId, role: String }                      "user.role_changed": Nothing Admins;
    /// A user was disabled.
    UserDisabled(user: UserId)                                          "user.disabled": Nothing Admins;
    /// A disabled user was enabled.
    UserEnabled(user: UserId)                                           "user.enabled": Nothing Admins;
    /// A user was erased.
    UserErased(user: UserId)                                            "user.erased": Nothing Admins;
    /// A user is to get another email address, once they have confirmed it.
    UserEmailChangeRequested(user: UserId)                              "user.email_change_requested": Nothing Admins;
    /// A user's email address was changed. `asked_by` asked for it, if the user confirmed it.
    UserEmailChanged { user: UserId, asked_by: Option<ActorId> }        "user.email_changed": Nothing Admins;
    /// A user's password was changed.
    UserPasswordChanged(user: UserId)                                   "user.password_changed": Nothing Admins;
    /// A new password was asked for.
    PasswordResetRequested(user: UserId)                                "user.reset_requested": Nothing Admins;
    /// A second factor was set up.
    SecondFactorEnabled(user: UserId)                                   "user.second_factor_enabled": Nothing Admins;
    /// A second factor was removed.
    SecondFactorDisabled(user: UserId)                                  "user.second_factor_disabled": Nothing Admins;
    /// New recovery codes replaced the old ones.
    RecoveryCodesCreated(user: UserId)                                  "user.recovery_codes_created": Nothing Admins;
    /// A recovery code was used.
    RecoveryCodeUsed(user: UserId)                                      "user.recovery_code_used": Nothing Admins;
    /// A user logged in.
    SessionCreated { user: UserId, session: SessionId }                 "session.created": Nothing Admins;
    /// A session was ended.
    SessionEnded { user: UserId, session: SessionId }                   "session.ended": Nothing Admins;
    /// Several sessions of a user were ended at once.
    SessionsEnded { user: UserId, count: i64 }                          "session.many_ended": Nothing Admins;
    /// A refresh token was used a second time, which ended its session.
    SessionReuseDetected { user: UserId, session: SessionId }           "session.reuse_detected": Nothing Admins;
    /// An API key was created.
    ApiKeyCreated { key: ApiKeyId, user: UserId }                       "api_key.created": Nothing Admins;
    /// The name, scopes or expiry of an API key were changed.
    ApiKeyUpdated { key: ApiKeyId, user: UserId }                       "api_key.updated": Nothing Admins;
    /// An API key got a new secret.
    ApiKeyRotated { key: ApiKeyId, user: UserId }                       "api_key.rotated": Nothing Admins;
    /// An API key was revoked.
    ApiKeyRevoked { key: ApiKeyId, user: UserId }                       "api_key.revoked": Nothing Admins;
    /// A new signing key took over. `ended_sessions` is how many sessions were ended; `null` if none were to be.
    SigningKeysRotated { key: KeyId, ended_sessions: Option<i64> }      "signing_keys.rotated": SigningKeys Admins;
    /// An article was created, as a draft.
    ArticleCreated { article: ArticleId }                               "article.created": Nothing Drafts;
    /// A draft was changed; `sections` are those added, changed or removed.
    ArticleEdited { article: ArticleId, version: i64, sections: Vec<SectionId> }
                                                                        "article.edited": Nothing Drafts;
    /// A revision got a label, or lost it.
    RevisionLabelled { article: ArticleId, revision: i64 }              "revision.labelled": Nothing Drafts;
    /// A preview link was created.
    PreviewLinkCreated { article: ArticleId, link: PreviewLinkId }      "preview_link.created": Nothing Drafts;
    /// A preview link was revoked.
    PreviewLinkRevoked { article: ArticleId, link: PreviewLinkId }      "preview_link.revoked": Nothing Drafts;
    /// A review was requested or answered.
    ArticleReviewed { article: ArticleId, review: ReviewId, state: String }
        "article.reviewed": Nothing Drafts "review.requested" "review.answered";
    /// The current review was withdrawn.
    ReviewWithdrawn { article: ArticleId }                              "review.withdrawn": Nothing Drafts;
    /// An article was given to another owner.
    ArticleHandedOver { article: ArticleId, owner: UserId }             "article.handed_over": Nothing Drafts;
    /// A note was written.
    NoteCreated { article: ArticleId, note: NoteId }                    "note.created": Nothing Drafts;
    /// A note was changed or resolved.
    NoteUpdated { article: ArticleId, note: NoteId }                    "note.updated": Nothing Drafts;
    /// A note was deleted.
    NoteDeleted { article: ArticleId, note: NoteId }                    "note.deleted": Nothing Drafts;
    /// A revision became an edition.
    ArticlePublished { article: ArticleId, edition: i64, revision: i64, #[serde(default)] terms: Vec<TermId> }
        "article.published": Article Public "article.published" "article.updated";
    /// An article was unpublished.
    ArticleUnpublished { article: ArticleId, #[serde(default)] terms: Vec<TermId> }
        "article.unpublished": Article Public "article.unpublished";
    /// An article was moved to the trash. If it was live, it was unpublished before, with an event of its own.
    ArticleTrashed { article: ArticleId, #[serde(default)] terms: Vec<TermId> }
        "article.trashed": Nothing Drafts "article.trashed";
    /// An article in the trash was deleted for good: nobody finds it any more, and its texts are being deleted.
    ArticlePurged { article: ArticleId }
        "article.purged": Article Public "article.purged";
    /// An article was restored from the trash.
    ArticleRestored { article: ArticleId }                              "article.restored": Nothing Drafts;
    /// An article was scheduled to be published, unpublished or both.
    ScheduleSet { article: ArticleId }                                  "schedule.set": Nothing Drafts "schedule.set";
    /// What was scheduled for an article, or some of it, is no longer to happen.
    ScheduleCancelled { article: ArticleId }
        "schedule.cancelled": Nothing Drafts "schedule.cancelled";
    /// What was scheduled for an article failed for the first time. It is tried again for a day.
    ScheduleFailed { article: ArticleId }
        "schedule.failed": Nothing Drafts "schedule.failed";
    /// A live edition was rendered again and now differs, or is found by other words.
    ArticleRerendered { article: ArticleId, #[serde(default)] terms: Vec<TermId> }
        "article.rerendered": Article Public "article.rerendered";
    /// A topic was created.
    TopicCreated(topic: TopicId)                                        "topic.created": Term Public "topic.created";
    /// A topic was changed.
    TopicUpdated(topic: TopicId)                                        "topic.updated": Term Public "topic.updated";
    /// A topic was merged into another, which remains.
    TopicMerged { topic: TopicId, into: TopicId }                       "topic.merged": Term Public "topic.merged";
    /// A topic was removed.
    TopicRemoved(topic: TopicId)                                        "topic.removed": Term Public "topic.deleted";
    /// An author was created.
    AuthorCreated(author: AuthorId)                                     "author.created": Term Public "author.created";
    /// An author was changed.
    AuthorUpdated(author: AuthorId)                                     "author.updated": Term Public "author.updated";
    /// An author was merged into another, who remains.
    AuthorMerged { author: AuthorId, into: AuthorId }                   "author.merged": Term Public "author.merged";
    /// An author was removed.
    AuthorRemoved(author: AuthorId)                                     "author.removed": Term Public "author.deleted";
    /// Someone signed up and was sent a confirmation request.
    SubscriberSignedUp(subscriber: SubscriberId)                        "subscriber.signed_up": Nothing Subscribers;
    /// A subscriber confirmed.
    SubscriberConfirmed(subscriber: SubscriberId)
        "subscriber.confirmed": Nothing Subscribers "subscriber.confirmed";
    /// A subscriber unsubscribed.
    SubscriberUnsubscribed(subscriber: SubscriberId)
        "subscriber.unsubscribed": Nothing Subscribers "subscriber.unsubscribed";
    /// Mail to a subscriber bounced.
    SubscriberBounced(subscriber: SubscriberId)
        "subscriber.bounced": Nothing Subscribers "subscriber.bounced";
    /// A subscriber reported mail as spam.
    SubscriberComplained(subscriber: SubscriberId)
        "subscriber.complained": Nothing Subscribers "subscriber.complained";
    /// An address that no subscriber has was suppressed.
    AddressSuppressed(suppression: SuppressionId)                       "address.suppressed": Nothing Subscribers;
    /// A subscriber was created or confirmed by an import.
    SubscriberImported(subscriber: SubscriberId)                        "subscriber.imported": Nothing Subscribers;
    /// An import was finished.
    SubscribersImported(import: ImportId)                               "subscribers.imported": Nothing Subscribers;
    /// The list of subscribers was exported.
    SubscribersExported                                                 "subscribers.exported": Nothing Subscribers;
    /// The data of one subscriber was exported.
    SubscriberExported(subscriber: SubscriberId)                        "subscriber.exported": Nothing Subscribers;
    /// The data of a subscriber was changed.
    SubscriberUpdated(subscriber: SubscriberId)
        "subscriber.updated": Nothing Subscribers "subscriber.updated";
    /// A subscriber was erased.
    SubscriberErased(subscriber: SubscriberId)
        "subscriber.erased": Nothing Subscribers "subscriber.erased";
    /// The site's own texts or the address of its website were changed.
    SiteUpdated                                                         "site.updated": Site Public "site.updated";
    /// The first article in a language was published, or the last one unpublished.
    SiteLanguagesChanged
        "site.languages_changed": Site Public "site.updated";
    /// The redirect of an old slug was removed.
    RedirectRemoved { article: ArticleId }
        "redirect.removed": Lists Public "redirect.deleted";
    /// A redirect was created.
    RedirectCreated(redirect: RedirectId)
        "redirect.created": Lists Public "redirect.created";
    /// A redirect that had been created was deleted.
    RedirectDeleted(redirect: RedirectId)
        "redirect.deleted": Lists Public "redirect.deleted";
    /// A webhook was created.
    WebhookCreated(webhook: WebhookId)                                  "webhook.created": Nothing Admins;
    /// A webhook was changed.
    WebhookUpdated(webhook: WebhookId)                                  "webhook.updated": Nothing Admins;
    /// A webhook got another secret.
    WebhookRotated(webhook: WebhookId)                                  "webhook.rotated": Nothing Admins;
    /// A webhook was disabled, because it kept failing or its receiver said so.
    WebhookDisabled { webhook: WebhookId, reason: String }              "webhook.disabled": Nothing Admins;
    /// A webhook is to be sent earlier events again.
    WebhookReplayed(webhook: WebhookId)                                 "webhook.replayed": Nothing Admins;
    /// A dead delivery is to be sent again.
    WebhookDeliveryRetried { webhook: WebhookId, delivery: WebhookDeliveryId }
                                                                        "webhook.delivery_retried": Nothing Admins;
    /// A webhook was deleted.
    WebhookDeleted(webhook: WebhookId)                                  "webhook.deleted": Nothing Admins;
    /// A dead job was queued again.
    JobRetried(job: JobId)                                              "job.retried": Nothing Admins;
}

/// The only id of a list of at most one, or the nil id.
fn first<const N: usize>(ids: [Uuid; N]) -> SubjectId {
    SubjectId::from_uuid(ids.into_iter().next().unwrap_or_default())
}
