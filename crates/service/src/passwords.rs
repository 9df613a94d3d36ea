//! Passwords: argon2id with the crate's defaults (19 MiB, 2 passes: OWASP's first choice), PHC strings.

use std::sync::LazyLock;
use std::time::Duration;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, password_hash};
use tokio::sync::Semaphore;

use crate::error::{Error, FieldError};
use crate::random;

/// Shortest password, in scalars.
const PASSWORD_SCALARS_MIN: usize = 10;
/// Longest password, in bytes: hashing must not be a way to burn the server's time.
const PASSWORD_BYTES_MAX: usize = 1_024;

/// Most hashes computed at the same time: each takes 19 MiB and a core.
const AT_ONCE_MAX: usize = 2;
/// How long a log-in waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE_MAX);

/// Compared with where there is no member, so that an unknown address takes as long as a wrong password.
static NOBODYS: LazyLock<String> = LazyLock::new(|| hash_now(&format!("{:?}", random::bytes::<32>())).unwrap_or_default());

/// Checks the length of a new password.
pub(crate) fn check(pointer: &str, password: &str) -> Result<(), FieldError> {
    if password.chars().count() < PASSWORD_SCALARS_MIN || password.len() > PASSWORD_BYTES_MAX {
        let detail = format!("must have at least {PASSWORD_SCALARS_MIN} characters and at most {PASSWORD_BYTES_MAX} bytes");
        return Err(FieldError::new(pointer, detail));
    }
    Ok(())
}

/// Hashes a password whose length was checked.
pub(crate) async fn hash(password: String) -> Result<String, Error> {
    in_turn(move || hash_now(&password)).await?
}

/// Whether a password is the one that was hashed. Without a hash the answer is no, after the same work.
pub(crate) async fn verify(password: String, hashed: Option<String>) -> Result<bool, Error> {
    in_turn(move || {
        let is_somebodys = hashed.is_some();
        let same = verify_now(&password, hashed.as_deref().unwrap_or(NOBODYS.as_str()));
        is_somebodys && same
    })
    .await
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    const BUSY: Error = Error::Busy { retry_after_secs: 2 };
    let turn = tokio::time::timeout(PATIENCE, TURNS.acquire()).await;
    let Ok(Ok(_turn)) = turn else { return Err(BUSY) };
    tokio::task::spawn_blocking(work).await.map_err(|_| BUSY)
}

fn hash_now(password: &str) -> Result<String, Error> {
    let salt: [u8; 16] = random::bytes();
    let hashed: Result<password_hash::phc::PasswordHash, _> = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hashed.map(|hash| hash.to_string()).map_err(|error| Error::invalid("/password", error))
}

/// argon2 compares in constant time.
fn verify_now(password: &str, hashed: &str) -> bool {
    let hashed = password_hash::phc::PasswordHash::new(hashed);
    password.len() <= PASSWORD_BYTES_MAX
        && hashed.is_ok_and(|hashed| Argon2::default().verify_password(password.as_bytes(), &hashed).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_verified_against_its_hash_alone() {
        let hashed = hash("correct horse".to_owned()).await.unwrap();
        assert!(verify("correct horse".to_owned(), Some(hashed.clone())).await.unwrap());
        assert!(!verify("correct horsf".to_owned(), Some(hashed)).await.unwrap());
        assert!(!verify("correct horse".to_owned(), None).await.unwrap());
        assert!(!verify("correct horse".to_owned(), Some("not a hash".to_owned())).await.unwrap());
    }

    #[test]
    fn the_length_is_checked_at_its_edges() {
        for good in ["é".repeat(PASSWORD_SCALARS_MIN), "x".repeat(PASSWORD_BYTES_MAX)] {
            assert_eq!(check("/password", &good), Ok(()));
        }
        for bad in ["é".repeat(PASSWORD_SCALARS_MIN - 1), "x".repeat(PASSWORD_BYTES_MAX + 1)] {
            assert!(check("/password", &bad).is_err());
        }
    }
}
