//! Passwords of staff: argon2id.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

/// A hash takes 19 MiB: no more than these at once, so that a flood of sign-ins does not eat the memory of intake.
const AT_ONCE: usize = 2;
static PERMITS: Semaphore = Semaphore::const_new(AT_ONCE);

/// Salt and hash are random octets: nobody has a password that fits. It is written here, because a hash that were made when the first one asks would
/// make that first one wait twice as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$l6ZtfwTKgVVDfXEP+C6e3Q$mYCpycC6WWTz41NbsINv2x+KDme9hRrMNlI2g0Qs9hg";

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
    in_turn(move || {
        let (hash, is_somebody) =
            hash.map_or_else(|| (NOBODY.to_owned(), false), |hash| (hash, true));
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
    }

    #[tokio::test]
    async fn nobody_s_hash_is_as_much_work_as_any() {
        let somebody_s = hash("correct horse battery".to_owned()).await.unwrap();
        let work = |hash: &str| {
            let hash = PasswordHash::new(hash).unwrap();
            (
                hash.algorithm.to_string(),
                hash.version,
                hash.params.to_string(),
                hash.salt.map(|salt| salt.to_string().len()),
                hash.hash.map(|hash| hash.len()),
            )
        };
        assert_eq!(work(NOBODY), work(&somebody_s));
        assert!(!verify("correct horse battery".to_owned(), None).await);
        assert!(!verify(String::new(), None).await);
    }

    #[tokio::test]
    async fn a_short_password_is_refused() {
        assert!(matches!(
            hash("12345678901234".to_owned()).await,
            Err(PasswordError::TooShort)
        ));
    }
}
