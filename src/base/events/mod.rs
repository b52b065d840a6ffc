//! The event log, and every event that it can contain, on one page. Every accepted change appends its event in its
//! own transaction; the response cache, other replicas and delta sync read it. An event contains ids and numbers
//! only: data that can be erased is stored elsewhere.

mod append;
mod follower;
mod latest_changes;
mod log;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::log::{Recorded, read};
pub use follower::{catch_up, follow};
pub use latest_changes::Change;

use crate::base::ids::{
    ActorId, ApiKeyId, ArticleId, AuthorId, ImportId, IsId as _, JobId, KeyId, NoteId, PreviewLinkId,
    RedirectId, ReviewId, SectionId, SessionId, SubjectId, SubscriberId, SuppressionId, TopicId, UserId,
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

macro_rules! events {
    ($(
        $(#[$doc:meta])*
        $variant:ident $(($only:ident: $only_type:ty))? $({
            $subject:ident: $subject_type:ty $(, $field:ident: $field_type:ty)*
        })? $name:literal: $readers_see:literal $audience:ident;
    )*) => {
        /// Everything that can happen.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind", content = "data")]
        #[allow(missing_docs, reason = "the rows of the table say what the fields are")]
        pub enum Event {
            $(
                $(#[$doc])*
                #[serde(rename = $name)]
                $variant $(($only_type))? $({ $subject: $subject_type, $($field: $field_type,)* })?,
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

            /// Whether any public response may differ from now on.
            #[must_use]
            pub fn readers_see(&self) -> bool {
                match self {
                    $(Self::$variant { .. } => $readers_see,)*
                }
            }

            /// Who may be told.
            #[must_use]
            pub fn audience(&self) -> Audience {
                match self {
                    $(Self::$variant { .. } => $audience,)*
                }
            }
        }

        /// Every event: its name, whether readers see what it changes, and who may be told.
        pub const EVENTS: &[(&str, bool, Audience)] = &[$(($name, $readers_see, $audience)),*];
    };
}

events! {
    //                                                                        readers see it, who may be told
    /// A user was added.
    UserCreated(user: UserId)                                           "user.created":           false Admins;
    /// A user was invited.
    UserInvited(user: UserId)                                           "user.invited":           false Admins;
    /// An invited user chose a password.
    UserActivated(user: UserId)                                         "user.activated":         false Admins;
    /// The name, language or notifications of a user were changed.
    UserUpdated(user: UserId)                                           "user.updated":           false Admins;
    /// A user got another role.
    UserRoleChanged { user: UserId, role: String }                      "user.role_changed":      false Admins;
    /// A user was disabled.
    UserDisabled(user: UserId)                                          "user.disabled":          false Admins;
    /// A disabled user was enabled.
    UserEnabled(user: UserId)                                           "user.enabled":           false Admins;
    /// A user was erased.
    UserErased(user: UserId)                                            "user.erased":            false Admins;
    /// A user is to get another email address, once they have confirmed it.
    UserEmailChangeRequested(user: UserId)                              "user.email_change_requested": false Admins;
    /// A user's email address was changed. `asked_by` asked for it, if the user confirmed it.
    UserEmailChanged { user: UserId, asked_by: Option<ActorId> }        "user.email_changed":     false Admins;
    /// A user's password was changed.
    UserPasswordChanged(user: UserId)                                   "user.password_changed":  false Admins;
    /// A new password was asked for.
    PasswordResetRequested(user: UserId)                                "user.reset_requested":   false Admins;
    /// A second factor was set up.
    SecondFactorEnabled(user: UserId)                                   "user.second_factor_enabled": false Admins;
    /// A second factor was removed.
    SecondFactorDisabled(user: UserId)                                  "user.second_factor_disabled": false Admins;
    /// New recovery codes replaced the old ones.
    RecoveryCodesCreated(user: UserId)                                  "user.recovery_codes_created": false Admins;
    /// A recovery code was used.
    RecoveryCodeUsed(user: UserId)                                      "user.recovery_code_used": false Admins;
    /// A user logged in.
    SessionCreated { user: UserId, session: SessionId }                 "session.created":        false Admins;
    /// A session was ended.
    SessionEnded { user: UserId, session: SessionId }                   "session.ended":          false Admins;
    /// Several sessions of a user were ended at once.
    SessionsEnded { user: UserId, count: i64 }                          "session.many_ended":     false Admins;
    /// A refresh token was used a second time, which ended its session.
    SessionReuseDetected { user: UserId, session: SessionId }           "session.reuse_detected": false Admins;
    /// An API key was created.
    ApiKeyCreated { key: ApiKeyId, user: UserId }                       "api_key.created":        false Admins;
    /// The name, scopes or expiry of an API key were changed.
    ApiKeyUpdated { key: ApiKeyId, user: UserId }                       "api_key.updated":        false Admins;
    /// An API key got a new secret.
    ApiKeyRotated { key: ApiKeyId, user: UserId }                       "api_key.rotated":        false Admins;
    /// An API key was revoked.
    ApiKeyRevoked { key: ApiKeyId, user: UserId }                       "api_key.revoked":        false Admins;
    /// A new signing key took over. `ended_sessions` is how many sessions were ended; `null` if none were to be.
    SigningKeysRotated { key: KeyId, ended_sessions: Option<i64> }      "signing_keys.rotated":   true  Admins;
    /// An article was created, as a draft.
    ArticleCreated { article: ArticleId }                               "article.created":        false Drafts;
    /// A draft was changed; `sections` are those added, changed or removed.
    ArticleEdited { article: ArticleId, version: i64, sections: Vec<SectionId> }
                                                                        "article.edited":         false Drafts;
    /// The label of a revision was set or removed.
    RevisionLabelled { article: ArticleId, revision: i64 }              "revision.labelled":      false Drafts;
    /// A preview link was created.
    PreviewLinkCreated { article: ArticleId, link: PreviewLinkId }      "preview_link.created":   false Drafts;
    /// A preview link was revoked.
    PreviewLinkRevoked { article: ArticleId, link: PreviewLinkId }      "preview_link.revoked":   false Drafts;
    /// A review was requested or answered.
    ArticleReviewed { article: ArticleId, review: ReviewId, state: String }
                                                                        "article.reviewed":       false Drafts;
    /// The current review was withdrawn.
    ReviewWithdrawn { article: ArticleId }                              "review.withdrawn":       false Drafts;
    /// The owner of an article was changed.
    ArticleHandedOver { article: ArticleId, owner: UserId }             "article.handed_over":    false Drafts;
    /// A note was written.
    NoteCreated { article: ArticleId, note: NoteId }                    "note.created":           false Drafts;
    /// A note was changed or resolved.
    NoteUpdated { article: ArticleId, note: NoteId }                    "note.updated":           false Drafts;
    /// A note was deleted.
    NoteDeleted { article: ArticleId, note: NoteId }                    "note.deleted":           false Drafts;
    /// A revision became an edition.
    ArticlePublished { article: ArticleId, edition: i64, revision: i64 } "article.published":     true  Public;
    /// An article was unpublished.
    ArticleUnpublished { article: ArticleId }                           "article.unpublished":    true  Public;
    /// An article was moved to the trash. If it was live, it was unpublished before, with an event of its own.
    ArticleTrashed { article: ArticleId }                               "article.trashed":        false Drafts;
    /// An article in the trash that was published once was deleted for good: it is not found any more, and its texts are
    /// being deleted.
    ArticlePurged { article: ArticleId }                                "article.purged":         true  Public;
    /// An article in the trash that was never published was deleted for good.
    DraftPurged { article: ArticleId }                                  "draft.purged":           false Drafts;
    /// An article was restored from the trash.
    ArticleRestored { article: ArticleId }                              "article.restored":       false Drafts;
    /// An article was scheduled to be published, unpublished or both.
    ScheduleSet { article: ArticleId }                                  "schedule.set":           false Drafts;
    /// The schedule of an article, or a part of it, was cancelled.
    ScheduleCancelled { article: ArticleId }                            "schedule.cancelled":     false Drafts;
    /// What was scheduled for an article failed for the first time. It is tried again for a day.
    ScheduleFailed { article: ArticleId }                               "schedule.failed":        false Drafts;
    /// A live edition was rendered again and now differs, or is found by other words.
    ArticleRerendered { article: ArticleId }                            "article.rerendered":     true  Public;
    /// A topic was created.
    TopicCreated(topic: TopicId)                                        "topic.created":          true  Public;
    /// A topic was changed.
    TopicUpdated(topic: TopicId)                                        "topic.updated":          true  Public;
    /// A topic was merged into another, which remains.
    TopicMerged { topic: TopicId, into: TopicId }                       "topic.merged":           true  Public;
    /// A topic was removed.
    TopicRemoved(topic: TopicId)                                        "topic.removed":          true  Public;
    /// An author was created.
    AuthorCreated(author: AuthorId)                                     "author.created":         true  Public;
    /// An author was changed.
    AuthorUpdated(author: AuthorId)                                     "author.updated":         true  Public;
    /// An author was merged into another, who remains.
    AuthorMerged { author: AuthorId, into: AuthorId }                   "author.merged":          true  Public;
    /// An author was removed.
    AuthorRemoved(author: AuthorId)                                     "author.removed":         true  Public;
    /// Someone signed up and was sent a confirmation request.
    SubscriberSignedUp(subscriber: SubscriberId)                        "subscriber.signed_up":   false Subscribers;
    /// A subscriber confirmed.
    SubscriberConfirmed(subscriber: SubscriberId)                       "subscriber.confirmed":   false Subscribers;
    /// A subscriber unsubscribed.
    SubscriberUnsubscribed(subscriber: SubscriberId)                    "subscriber.unsubscribed": false Subscribers;
    /// Mail to a subscriber bounced.
    SubscriberBounced(subscriber: SubscriberId)                         "subscriber.bounced":     false Subscribers;
    /// A subscriber reported mail as spam.
    SubscriberComplained(subscriber: SubscriberId)                      "subscriber.complained":  false Subscribers;
    /// An address that no subscriber has was suppressed.
    AddressSuppressed(suppression: SuppressionId)                       "address.suppressed":     false Subscribers;
    /// A subscriber was created or confirmed by an import.
    SubscriberImported(subscriber: SubscriberId)                        "subscriber.imported":    false Subscribers;
    /// An import was finished.
    SubscribersImported(import: ImportId)                               "subscribers.imported":   false Subscribers;
    /// The list of subscribers was exported.
    SubscribersExported                                                 "subscribers.exported":   false Subscribers;
    /// The data of one subscriber was exported.
    SubscriberExported(subscriber: SubscriberId)                        "subscriber.exported":    false Subscribers;
    /// The data of a subscriber was changed.
    SubscriberUpdated(subscriber: SubscriberId)                         "subscriber.updated":     false Subscribers;
    /// A subscriber was erased.
    SubscriberErased(subscriber: SubscriberId)                          "subscriber.erased":      false Subscribers;
    /// The site's own texts or the address of its website were changed.
    SiteUpdated                                                         "site.updated":           true  Public;
    /// The first article in a language was published, or the last one unpublished.
    SiteLanguagesChanged                                                "site.languages_changed": true  Public;
    /// The redirect of an old slug was removed.
    RedirectRemoved { article: ArticleId }                              "redirect.removed":       true  Public;
    /// A redirect was created.
    RedirectCreated(redirect: RedirectId)                               "redirect.created":       true  Public;
    /// A redirect that had been created was deleted.
    RedirectDeleted(redirect: RedirectId)                               "redirect.deleted":       true  Public;
    /// A dead job was queued again.
    JobRetried(job: JobId)                                              "job.retried":            false Admins;
}

/// The only id of a list of at most one, or the nil id.
fn first<const N: usize>(ids: [Uuid; N]) -> SubjectId {
    SubjectId::from_uuid(ids.into_iter().next().unwrap_or_default())
}
