//! One-time codes from time (RFC 6238): SHA-1, six digits, steps of 30 seconds, as every authenticator app has them. The code
//! of the step before and of the one after is right, too, for clocks that differ.

use totp_rs::Builder;

use crate::base::clock::Timestamp;
use crate::base::error::{Error, Result};
use crate::base::random::Random;

/// The bytes of a secret: 160 bits, as RFC 4226 recommends.
const BYTES: usize = 20;

/// What an authenticator app and the server share. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; BYTES]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Secret {
    /// A new secret.
    ///
    /// # Errors
    /// Internal, if there are no random bytes.
    pub fn make(random: &Random) -> Result<Self> {
        Ok(Self(random.bytes()?))
    }

    /// The secret with those bytes; `None` if they are not 20.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret as people type it into an app: 32 characters of base32.
    #[must_use]
    pub fn base32(&self) -> String {
        totp_rs::Secret::from(self.0).to_base32()
    }

    /// The secret as apps scan it: an `otpauth:` URL with the names of the site and of the account.
    ///
    /// # Errors
    /// Internal, if the account has no name.
    pub fn url(&self, site: &str, account: &str) -> Result<String> {
        // The colon separates the two names.
        let name = |text: &str| text.replace(':', "");
        let issuer = Some(name(site)).filter(|issuer| !issuer.is_empty());
        let totp = self.builder().with_issuer(issuer).with_account_name(name(account)).build();
        totp.and_then(|totp| totp.to_url()).map_err(Error::internal)
    }

    /// The step of which `code` is the code, if that is the present one or the one before or after.
    #[must_use]
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<i64> {
        let now = u64::try_from(now.as_seconds()).ok()?;
        let step = self.builder().build_noncompliant().check(code, now)?;
        i64::try_from(step).ok()
    }

    fn builder(&self) -> Builder {
        Builder::new().with_secret(self.0).with_skew(1)
    }
}
