//! Signs and verifies tokens for `jsonwebtoken` with ring. Only Ed25519 is supported, so that a token's header cannot
//! select another algorithm.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{Error as SignatureError, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use crate::base::error::{Error as AppError, Result};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| {
        let is_ours = *algorithm == Algorithm::EdDSA && key.family() == AlgorithmFamily::Ed;
        let pair = Ed25519KeyPair::from_seed_unchecked(key.as_bytes()).ok().filter(|_| is_ours);
        Ok(Box::new(Ed25519Signer(pair.ok_or(ErrorKind::InvalidEddsaKey)?)))
    },
    verifier_factory: |algorithm, key| {
        if *algorithm != Algorithm::EdDSA || key.family() != AlgorithmFamily::Ed {
            return Err(Error::from(ErrorKind::InvalidAlgorithm));
        }
        Ok(Box::new(Ed25519Verifier(key.try_get_as_bytes()?.to_vec())))
    },
    // Used for JSON Web Keys only, which are never read or written.
    key_utils: KeyUtils::new_unimplemented(),
};

struct Ed25519Signer(Ed25519KeyPair);

impl Signer<Vec<u8>> for Ed25519Signer {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(self.0.sign(message).as_ref().to_vec())
    }
}

impl JwtSigner for Ed25519Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Ed25519Verifier(Vec<u8>);

impl Verifier<Vec<u8>> for Ed25519Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        UnparsedPublicKey::new(&ED25519, &self.0)
            .verify(message, signature)
            .map_err(|_| SignatureError::new())
    }
}

impl JwtVerifier for Ed25519Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

/// The private and public key of a seed.
pub(super) struct KeyPair {
    /// The private key, in the form that `jsonwebtoken` passes to the signer above.
    pub encoding: EncodingKey,
    /// The public key, in the form that `jsonwebtoken` passes to the verifier above.
    pub decoding: DecodingKey,
    /// The public key's 32 bytes.
    pub public: Vec<u8>,
}

impl KeyPair {
    pub fn of(seed: &[u8; 32]) -> Result<Self> {
        // A second call finds the same provider in place.
        let _ = PROVIDER.install_default();
        let pair =
            Ed25519KeyPair::from_seed_unchecked(seed).map_err(|e| AppError::internal(e.to_string()))?;
        let public = pair.public_key().as_ref().to_vec();
        Ok(Self {
            encoding: EncodingKey::from_ed_der(seed),
            decoding: DecodingKey::from_ed_der(&public),
            public,
        })
    }
}
