//! Passwords of staff: argon2id.

use std::sync::LazyLock;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

/// A hash takes 19 MiB: no more than these at once, so that a flood of sign-ins does not eat the memory of intake.
const AT_ONCE: usize = 2;
static PERMITS: Semaphore = Semaphore::const_new(AT_ONCE);

/// Shortest password, in characters (NIST SP 800-63B §3.1.1.2 asks for 15 where it is the only factor).
pub const LEAST_CHARS: usize = 15;

/// The password cannot be used or hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short.
    #[error("a password has at least {LEAST_CHARS} characters")]
    TooShort,
    /// The library refused.
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
}

/// 19 MiB, two passes, one lane: the OWASP Password Storage Cheat Sheet's first choice for argon2id.
fn argon2id() -> Argon2<'static> {
    const MEMORY_KIB: u32 = 19 * 1024;
    let params = Params::new(MEMORY_KIB, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The PHC string of a password.
///
/// # Errors
/// [`PasswordError`].
pub async fn hash(password: String) -> Result<String, PasswordError> {
    if password.chars().count() < LEAST_CHARS {
        return Err(PasswordError::TooShort);
    }
    in_turn(move || {
        argon2id()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|error| PasswordError::Hash(error.to_string()))
    })
    .await
}

/// Is it the password? Without a hash the answer is no, after the same work: who has an account cannot be told by the clock.
pub async fn verify(password: String, hash: Option<String>) -> bool {
    static NOBODY: LazyLock<String> = LazyLock::new(|| {
        argon2id()
            .hash_password(b"nobody has this password")
            .map(|hash| hash.to_string())
            .unwrap_or_default()
    });
    in_turn(move || {
        let (hash, is_somebody) = hash.map_or_else(|| (NOBODY.clone(), false), |hash| (hash, true));
        let matches = PasswordHash::new(&hash).is_ok_and(|hash| {
            argon2id()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        });
        Ok::<_, PasswordError>(matches && is_somebody)
    })
    .await
    .unwrap_or(false)
}

async fn in_turn<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
) -> Result<T, PasswordError> {
    let _permit = PERMITS.acquire().await;
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(PasswordError::Hash(error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_fits_its_hash() {
        let hash = hash("correct horse battery".to_owned()).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(verify("correct horse battery".to_owned(), Some(hash.clone())).await);
        assert!(!verify("correct horse batterx".to_owned(), Some(hash)).await);
        assert!(!verify("nobody has this password".to_owned(), None).await);
    }

    #[tokio::test]
    async fn a_short_password_is_refused() {
        assert!(matches!(
            hash("12345678901234".to_owned()).await,
            Err(PasswordError::TooShort)
        ));
    }
}
