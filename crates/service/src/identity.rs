//! Identity proof: the customer's server vouches for its users with a secret that it shares with the workspace.
//!
//! The token is read by hand, not by a library: one algorithm and four claims are a page of code over the HMAC that
//! client tokens use already, while a JWT library brings RSA and elliptic curves that are never to be accepted here.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::Sha256;
use sonde_core::id::{IdentitySecretId, WorkspaceId};
use sonde_core::limits::IDENTITY_SECRETS_MAX;
use sonde_core::settings::IdentityProof;
use sonde_core::time::Timestamp;
use sonde_core::user::{Namespace, UserRef};
use sonde_storage::IdentitySecret;

use crate::error::Error;
use crate::{Engine, Service, random};

/// By how much the clocks of the customer's server and of this one may differ.
const LEEWAY_SECS: f64 = 60.0;
/// How far ahead a token's expiry may lie.
const LIFETIME_SECS: f64 = 24.0 * 3_600.0;
/// Tells the secrets from keys.
const SECRET_PREFIX: &str = "ips_";
/// How many of a secret's last characters tell it apart for people.
const HINT_CHARS: usize = 4;

/// A secret, without the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentitySecretInUse {
    /// Its name.
    pub id: IdentitySecretId,
    /// Begins and ends as the secret does.
    pub hint: String,
    /// When it was created.
    pub created_at: Timestamp,
}

impl From<&IdentitySecret> for IdentitySecretInUse {
    fn from(secret: &IdentitySecret) -> Self {
        let end = secret.text.get(secret.text.len().saturating_sub(HINT_CHARS)..).unwrap_or_default();
        Self { id: secret.id, hint: format!("{SECRET_PREFIX}…{end}"), created_at: secret.created_at }
    }
}

impl<E: Engine> Service<E> {
    /// The secrets of a workspace, by creation.
    pub fn identity_secrets(&self, workspace: WorkspaceId) -> Result<Vec<IdentitySecretInUse>, Error> {
        Ok(self.workspace(workspace)?.identity_secrets.iter().map(Into::into).collect())
    }

    /// A new secret: its text, to be shown this once, and the rest.
    pub async fn create_identity_secret(self: &Arc<Self>, workspace: WorkspaceId) -> Result<(String, IdentitySecretInUse), Error> {
        let now = self.now();
        let text = format!("{SECRET_PREFIX}{}", URL_SAFE_NO_PAD.encode(random::bytes::<32>()));
        let secret = IdentitySecret { id: IdentitySecretId::new(now, random::bytes()), workspace, text: text.clone(), created_at: now };
        let shown = IdentitySecretInUse::from(&secret);
        self.engine.create_identity_secret(secret, IDENTITY_SECRETS_MAX).await.map_err(|error| match Error::from(error) {
            Error::Conflict(_) => Error::Conflict(format!("{IDENTITY_SECRETS_MAX} secrets work already; revoke one first")),
            other => other,
        })?;
        self.cache.refresh(&*self.engine, workspace).await?;
        Ok((text, shown))
    }

    /// Lets a secret prove nothing from now on.
    pub async fn revoke_identity_secret(self: &Arc<Self>, workspace: WorkspaceId, secret: IdentitySecretId) -> Result<(), Error> {
        if !self.identity_secrets(workspace)?.iter().any(|known| known.id == secret) {
            return Err(Error::NotFound("identity secret"));
        }
        self.engine.delete_identity_secret(workspace, secret).await?;
        self.cache.refresh(&*self.engine, workspace).await?;
        Ok(())
    }

    /// Whether the customer's server vouched for the user; an error when the workspace wants it and it did not.
    /// Anonymous users are nobody that could be vouched for.
    pub(crate) fn prove(&self, user: &UserRef, proof: Option<&str>) -> Result<bool, Error> {
        let cached = self.workspace(user.workspace)?;
        let mode = cached.record.settings.identity_proof;
        if user.namespace == Namespace::Anonymous || mode == IdentityProof::Off {
            return Ok(false);
        }
        let proof = proof.ok_or(Error::Unauthenticated("this workspace asks for identity proof; send it as `proof`"))?;
        let secrets: Vec<&str> = cached.identity_secrets.iter().map(|secret| secret.text.as_str()).collect();
        let claim = Claim { workspace: &user.workspace.to_string(), user: user.id.as_str(), now: self.now() };
        verify(proof, &claim, &secrets, mode).map(|()| true).map_err(Error::Unauthenticated)
    }
}

/// What is to be proven.
struct Claim<'a> {
    workspace: &'a str,
    user: &'a str,
    now: Timestamp,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that must be understood; none is.
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Payload {
    sub: String,
    aud: Audience,
    /// Seconds since the Unix epoch.
    exp: f64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Why a proof does not hold; nothing when it does.
fn verify(proof: &str, claim: &Claim<'_>, secrets: &[&str], mode: IdentityProof) -> Result<(), &'static str> {
    if proof.contains('.') {
        return verify_jwt(proof, claim, secrets);
    }
    if mode != IdentityProof::JwtOrHmac {
        return Err("the proof is not a JWT, and this workspace takes nothing else");
    }
    let mac = lower_hex(proof).ok_or("the proof is neither a JWT nor an HMAC-SHA256 in lower-case hexadecimal digits")?;
    if signed(secrets, claim.user, &mac) {
        Ok(())
    } else {
        Err("the proof is not the HMAC of this user id under any of the workspace's secrets")
    }
}

fn verify_jwt(jwt: &str, claim: &Claim<'_>, secrets: &[&str]) -> Result<(), &'static str> {
    const MALFORMED: &str = "the proof is not a well-formed JWT";
    let (signing_input, signature) = jwt.rsplit_once('.').ok_or(MALFORMED)?;
    let (header, payload) = signing_input.split_once('.').ok_or(MALFORMED)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| MALFORMED);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| MALFORMED)?;
    if header.alg != "HS256" || header.crit.is_some() {
        return Err("the proof's algorithm must be HS256, without extensions");
    }
    if !signed(secrets, signing_input, &decode(signature)?) {
        return Err("the proof is not signed with any of the workspace's secrets");
    }
    // From here on the customer's server is known to have said so.
    let payload: Payload = serde_json::from_slice(&decode(payload)?).map_err(|_| "the proof needs the claims sub, aud and exp")?;
    let for_workspace = match &payload.aud {
        Audience::One(one) => one == claim.workspace,
        Audience::Several(several) => several.iter().any(|one| one == claim.workspace),
    };
    if !for_workspace {
        return Err("the proof's aud is not this workspace");
    }
    if payload.sub != claim.user {
        return Err("the proof's sub is not this user");
    }
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era are exact in 53 bits")]
    let left = payload.exp - claim.now.as_millis() as f64 / 1_000.0;
    if left <= -LEEWAY_SECS {
        return Err("the proof has expired");
    }
    if left > LIFETIME_SECS + LEEWAY_SECS {
        return Err("the proof's exp is more than 24 hours ahead");
    }
    Ok(())
}

/// Whether one of the secrets signed this. Compares in constant time.
fn signed(secrets: &[&str], text: &str, signature: &[u8]) -> bool {
    secrets.iter().any(|secret| {
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).is_ok_and(|keyed| keyed.chain_update(text).verify_slice(signature).is_ok())
    })
}

fn lower_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: &str = "wsp_00000000000000000000000000000007";
    const NOW: i64 = 1_800_000_000;
    const DAY: i64 = 86_400;
    const SECRETS: [&str; 2] = ["ips_first", "ips_second"];

    fn mac(secret: &str, text: &str) -> Vec<u8> {
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(text).finalize().into_bytes().to_vec()
    }

    fn hex(secret: &str, text: &str) -> String {
        mac(secret, text).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    }

    fn jwt_of(secret: &str, header: &str, payload: &str) -> String {
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac(secret, &input)))
    }

    fn jwt(secret: &str, sub: &str, aud: &str, exp: i64) -> String {
        let payload = format!(r#"{{"sub":"{sub}","aud":{aud},"exp":{exp}}}"#);
        jwt_of(secret, r#"{"alg":"HS256","typ":"JWT"}"#, &payload)
    }

    fn check(proof: &str, mode: IdentityProof) -> Result<(), &'static str> {
        let claim = Claim { workspace: WORKSPACE, user: "u1", now: Timestamp::from_millis(NOW * 1_000) };
        verify(proof, &claim, &SECRETS, mode)
    }

    #[test]
    fn a_token_proves_its_user_in_its_workspace_for_its_time() {
        let aud = format!("\"{WORKSPACE}\"");
        let several = format!("[\"other\",\"{WORKSPACE}\"]");
        let good = jwt(SECRETS[0], "u1", &aud, NOW + 60);
        let (input, signature) = good.rsplit_once('.').unwrap();
        let (header, _) = input.split_once('.').unwrap();
        let other_user = format!(r#"{{"sub":"u2","aud":{aud},"exp":{}}}"#, NOW + 60);
        let claims = format!(r#"{{"sub":"u1","aud":{aud},"exp":{}}}"#, NOW + 60);
        let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(&claims));
        let cases = [
            ("first secret", good.clone(), ""),
            ("second secret", jwt(SECRETS[1], "u1", &aud, NOW + 60), ""),
            ("several audiences", jwt(SECRETS[0], "u1", &several, NOW + 60), ""),
            ("a day ahead", jwt(SECRETS[0], "u1", &aud, NOW + DAY), ""),
            ("clocks that differ", jwt(SECRETS[0], "u1", &aud, NOW - 59), ""),
            ("clocks that differ, ahead", jwt(SECRETS[0], "u1", &aud, NOW + DAY + 60), ""),
            ("expired", jwt(SECRETS[0], "u1", &aud, NOW - 60), "expired"),
            ("too far ahead", jwt(SECRETS[0], "u1", &aud, NOW + DAY + 61), "24 hours"),
            ("milliseconds", jwt(SECRETS[0], "u1", &aud, NOW * 1_000), "24 hours"),
            ("wrong aud", jwt(SECRETS[0], "u1", r#""wsp_other""#, NOW + 60), "aud"),
            ("no audience", jwt(SECRETS[0], "u1", "[]", NOW + 60), "aud"),
            ("wrong sub", jwt(SECRETS[0], "u2", &aud, NOW + 60), "sub"),
            ("revoked secret", jwt("ips_revoked", "u1", &aud, NOW + 60), "signed"),
            ("empty secret", jwt("", "u1", &aud, NOW + 60), "signed"),
            ("alg none", unsigned, "HS256"),
            ("alg none, signed", jwt_of(SECRETS[0], r#"{"alg":"none"}"#, &claims), "HS256"),
            ("alg RS256", jwt_of(SECRETS[0], r#"{"alg":"RS256"}"#, &claims), "HS256"),
            ("alg in lower case", jwt_of(SECRETS[0], r#"{"alg":"hs256"}"#, &claims), "HS256"),
            ("unknown extension", jwt_of(SECRETS[0], r#"{"alg":"HS256","crit":["b64"]}"#, &claims), "HS256"),
            ("tampered", format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(other_user)), "signed"),
            ("no signature", format!("{input}."), "signed"),
            ("short signature", format!("{input}.{}", &signature[..20]), "signed"),
            ("padded", format!("{good}="), "well-formed"),
            ("four parts", format!("{good}.{signature}"), "signed"),
            ("two parts", input.to_owned(), "well-formed"),
            ("no exp", jwt_of(SECRETS[0], r#"{"alg":"HS256"}"#, &format!(r#"{{"sub":"u1","aud":{aud}}}"#)), "claims"),
            ("sub twice", jwt_of(SECRETS[0], r#"{"alg":"HS256"}"#, &claims.replace('{', r#"{"sub":"u2","#)), "claims"),
        ];
        for (name, proof, why) in cases {
            for mode in [IdentityProof::Jwt, IdentityProof::JwtOrHmac] {
                match check(&proof, mode) {
                    Ok(()) => assert_eq!(why, "", "{name}"),
                    Err(detail) => assert!(!why.is_empty() && detail.contains(why), "{name}: {detail}"),
                }
            }
        }
    }

    #[test]
    fn an_hmac_proves_its_user_where_it_is_allowed() {
        for secret in SECRETS {
            assert_eq!(check(&hex(secret, "u1"), IdentityProof::JwtOrHmac), Ok(()));
            assert!(check(&hex(secret, "u1"), IdentityProof::Jwt).is_err());
            assert!(check(&hex(secret, "u2"), IdentityProof::JwtOrHmac).is_err());
            assert!(check(&hex(secret, "u1").to_uppercase(), IdentityProof::JwtOrHmac).is_err());
            assert!(check(&hex(secret, "u1")[..62], IdentityProof::JwtOrHmac).is_err());
        }
        for bad in ["", "a", "zz", "é", &hex("ips_revoked", "u1")] {
            assert!(check(bad, IdentityProof::JwtOrHmac).is_err(), "{bad}");
        }
    }

    #[test]
    fn without_a_secret_nothing_is_proven() {
        let claim = Claim { workspace: WORKSPACE, user: "u1", now: Timestamp::from_millis(NOW * 1_000) };
        assert!(verify(&hex("", "u1"), &claim, &[], IdentityProof::JwtOrHmac).is_err());
    }
}
