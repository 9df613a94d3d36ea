//! Passwords: argon2id with the crate's defaults (19 MiB, 2 passes: OWASP's first choice), PHC strings.

use argon2::password_hash::PasswordHasher as _;
use argon2::{Argon2, password_hash};

use crate::error::{Error, FieldError};
use crate::random;

/// Shortest password, in scalars.
const PASSWORD_SCALARS_MIN: usize = 10;
/// Longest password, in bytes: hashing must not be a way to burn the server's time.
const PASSWORD_BYTES_MAX: usize = 1_024;

/// Hashes a password after checking its length.
pub(crate) fn hash(password: &str) -> Result<String, Error> {
    if password.chars().count() < PASSWORD_SCALARS_MIN || password.len() > PASSWORD_BYTES_MAX {
        let detail = format!("must have at least {PASSWORD_SCALARS_MIN} characters and at most {PASSWORD_BYTES_MAX} bytes");
        return Err(Error::Invalid(vec![FieldError::new("/password", detail)]));
    }
    let salt: [u8; 16] = random::bytes();
    let hashed: Result<password_hash::phc::PasswordHash, _> = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hashed.map(|hash| hash.to_string()).map_err(|error| Error::invalid("/password", error))
}
