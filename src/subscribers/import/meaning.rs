//! What a column of a file can mean.

use serde::Serialize;
use utoipa::ToSchema;

use crate::subscribers::consent::Status;

/// What a column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = SubscriberImportMeaning)]
pub enum Meaning {
    /// The address.
    Email,
    /// The name.
    Name,
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// The status, as a word.
    Status,
    /// Whether the person receives mail: yes or no, or since when.
    Subscribed,
    /// Whether the person receives no mail: yes or no, a number, or since when.
    Unsubscribed,
    /// Whether the person has confirmed: yes or no.
    Confirmed,
    /// Whether the person has not confirmed: yes or no, or since when.
    Unconfirmed,
    /// Whether mail to the address bounced: yes or no, a number, or when.
    Bounced,
    /// Whether the person reported mail as spam: yes or no, a number, or when.
    Complained,
    /// When the address was first given.
    CreatedAt,
    /// When the person signed up.
    SignedUpAt,
    /// The IP address of the sign-up.
    SignedUpFrom,
    /// When the person confirmed.
    ConfirmedAt,
    /// The IP address of the confirmation.
    ConfirmedFrom,
    /// When the person unsubscribed.
    UnsubscribedAt,
    /// Why the person unsubscribed.
    UnsubscribedReason,
    /// When mail to the address bounced.
    BouncedAt,
    /// Labels.
    Labels,
    /// The topics that the person follows.
    Topics,
    /// The language.
    Locale,
    /// Where the person signed up.
    Source,
    /// A JSON object of further members.
    Object,
    /// Kept as a custom member under its header.
    Custom,
    /// Not imported.
    Ignored,
}

impl Meaning {
    /// The status that a column of this meaning speaks of, if it says that mail has ended.
    #[must_use]
    pub fn ending(self) -> Option<Status> {
        match self {
            Self::Unsubscribed | Self::UnsubscribedAt | Self::UnsubscribedReason => {
                Some(Status::Unsubscribed)
            }
            Self::Bounced | Self::BouncedAt => Some(Status::Bounced),
            Self::Complained => Some(Status::Complained),
            _ => None,
        }
    }

    /// Whether what a column of this meaning says decides who gets mail.
    pub(super) fn is_of_consent(self) -> bool {
        let is_asked = matches!(
            self,
            Self::Status | Self::Subscribed | Self::Confirmed | Self::ConfirmedAt | Self::Unconfirmed
        );
        is_asked || self.ending().is_some()
    }

    /// Whether every column of this meaning counts, and not only the first.
    pub(super) fn may_repeat(self) -> bool {
        let is_kept = matches!(self, Self::Custom | Self::Ignored | Self::Labels);
        is_kept || matches!(self, Self::CreatedAt | Self::SignedUpAt) || self.is_of_consent()
    }
}
