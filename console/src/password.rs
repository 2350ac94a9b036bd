//! Passwords: Argon2id, and the same work for a name that nobody has.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::error::ApiError;

/// Shortest password: NIST SP 800-63B asks for at least 8, and 15 where it is the only factor; 12 is what people still type.
pub(crate) const SHORTEST: usize = 12;
/// Longest: more is only work for the server.
pub(crate) const LONGEST: usize = 1024;

/// How dear a guess is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCost {
    /// 19 MiB, two passes (OWASP's first choice for Argon2id).
    Full,
    /// The least Argon2 allows: for tests, where no password is secret.
    ForTests,
}

/// Makes and checks password hashes, a few at a time: each takes 19 MiB.
#[derive(Clone)]
pub(crate) struct Passwords {
    argon: Argon2<'static>,
    /// The hash of a random password: what unknown names are checked against.
    nobody: Arc<str>,
    gate: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new(cost: PasswordCost) -> Self {
        let params = match cost {
            PasswordCost::Full => Params::DEFAULT,
            PasswordCost::ForTests => Params::new(Params::MIN_M_COST, 1, 1, None).expect("the least parameters are valid"),
        };
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hash_with(&argon, &hex::encode(rand::random::<[u8; 16]>())).expect("a short password can be hashed");
        Self { argon, nobody: nobody.into(), gate: Arc::new(Semaphore::new(4)) }
    }

    /// The PHC string of a password, with a fresh salt.
    pub(crate) async fn hash(&self, password: String) -> Result<String, ApiError> {
        let argon = self.argon.clone();
        self.work(move || hash_with(&argon, &password)).await?.map_err(|error| ApiError::internal("hashing a password", error))
    }

    /// Is it the password of this hash? Without a hash the same work is done, and the answer is no.
    pub(crate) async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        let (argon, known) = (self.argon.clone(), hash.is_some());
        let hash = hash.unwrap_or_else(|| self.nobody.to_string());
        let right = self.work(move || match PasswordHash::new(&hash) {
            Ok(parsed) => argon.verify_password(password.as_bytes(), &parsed).is_ok(),
            Err(_) => false,
        });
        Ok(right.await? && known)
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let _turn = self.gate.acquire().await.expect("the gate is never closed");
        tokio::task::spawn_blocking(job).await.map_err(|error| ApiError::internal("checking a password", error))
    }
}

fn hash_with(argon: &Argon2<'_>, password: &str) -> Result<String, argon2::password_hash::Error> {
    argon.hash_password(password.as_bytes()).map(|hash| hash.to_string())
}
