//! What a workspace decides for all of its surveys: how they look, where they may be asked from, how long answers stay.

use std::fmt;
use std::str::FromStr;

use crate::limits::ORIGIN_BYTES_MAX;
use crate::user::UserId;

/// Settings of a workspace, apart from its name and wait period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceSettings {
    /// Language tags that the workspace's surveys are written in; the first is offered first. Never empty.
    pub languages: Vec<Box<str>>,
    /// How its surveys look.
    pub theme: Theme,
    /// Which sites may call with its SDK key.
    pub allowed_origins: AllowedOrigins,
    /// Response rows older than this many days are deleted; `None` keeps them.
    pub response_retention_days: Option<u32>,
    /// Whether users have to prove who they are, and how.
    pub identity_proof: IdentityProof,
    /// Whether texts may say what is known about a user (`event.*`, `user.*`) although nobody proves who they are. Then
    /// anybody who holds the SDK key can ask as any user and read it.
    pub pipes_without_proof: bool,
    /// Identified users whose apps may ask for reasons; at most
    /// [`TEST_USERS_MAX`](crate::limits::TEST_USERS_MAX), each once.
    pub test_users: Vec<UserId>,
}

impl WorkspaceSettings {
    /// Whether surveys may be launched whose texts say what is known about a user.
    pub fn allows_personal_texts(&self) -> bool {
        self.pipes_without_proof || self.identity_proof != IdentityProof::Off
    }
}

impl Default for WorkspaceSettings {
    fn default() -> Self {
        Self {
            languages: vec!["en".into()],
            theme: Theme::default(),
            allowed_origins: AllowedOrigins::Any,
            response_retention_days: None,
            identity_proof: IdentityProof::Off,
            pipes_without_proof: false,
            test_users: Vec::new(),
        }
    }
}

/// How surveys look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    /// Colour of buttons and marks.
    pub accent: Accent,
    /// How round corners are.
    pub radius: Radius,
    /// Light, dark, or as the visitor's system.
    pub appearance: Appearance,
    /// Where on the screen.
    pub position: Position,
}

/// A colour, written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent([u8; 3]);

/// Why a text is no colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a colour such as #4f46e5")]
pub struct InvalidAccent;

impl Default for Accent {
    fn default() -> Self {
        Self([0x4f, 0x46, 0xe5])
    }
}

impl fmt::Display for Accent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl FromStr for Accent {
    type Err = InvalidAccent;

    fn from_str(text: &str) -> Result<Self, InvalidAccent> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or(InvalidAccent)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(InvalidAccent);
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| InvalidAccent)?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

macro_rules! named_choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As written in settings.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }

            /// From its written form.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|choice| choice.as_str() == name)
            }
        }
    };
}

named_choice!(
    /// How round corners are.
    Radius {
        /// Not at all.
        None = "none",
        /// A little.
        #[default]
        Small = "small",
        /// Much.
        Large = "large",
    }
);
named_choice!(
    /// Light or dark.
    Appearance {
        /// As the visitor's system.
        #[default]
        Auto = "auto",
        /// Always light.
        Light = "light",
        /// Always dark.
        Dark = "dark",
    }
);
named_choice!(
    /// Where on the screen.
    Position {
        /// Lower right corner.
        #[default]
        BottomRight = "bottom_right",
        /// Lower left corner.
        BottomLeft = "bottom_left",
        /// In the middle, over the page.
        Center = "center",
    }
);

named_choice!(
    /// How identified users prove who they are.
    IdentityProof {
        /// Not at all.
        #[default]
        Off = "off",
        /// By a short token that the customer's server signed.
        Jwt = "jwt",
        /// By that, or by the HMAC of the user's id.
        JwtOrHmac = "jwt_or_hmac",
    }
);

/// Which sites may call with a workspace's SDK key from a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// All of them.
    Any,
    /// These alone.
    Listed(Vec<Origin>),
}

impl AllowedOrigins {
    /// Whether a call may come from there. A call without an `Origin` comes from an app or a server, not from a site.
    pub fn allow(&self, origin: Option<&str>) -> bool {
        match (self, origin) {
            (Self::Any, _) | (_, None) => true,
            (Self::Listed(listed), Some(origin)) => listed.iter().any(|known| known.as_str() == origin),
        }
    }
}

/// The origin of a site as browsers write it: scheme, host in lower case, port unless it is the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(Box<str>);

/// Why a text is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the origin of a site such as https://shop.example.com, without a path")]
pub struct InvalidOrigin;

impl Origin {
    /// The origin as a browser sends it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let text = text.to_ascii_lowercase();
        let text = text.strip_suffix('/').unwrap_or(&text);
        let (scheme, own_port, authority) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(authority), _) => ("https", "443", authority),
            (None, Some(authority)) => ("http", "80", authority),
            (None, None) => return Err(InvalidOrigin),
        };
        // Within brackets the colons belong to an IPv6 address.
        let host_end = authority.rfind(']').map_or(0, |bracket| bracket + 1);
        let (host, port) = match authority[host_end..].rfind(':') {
            Some(colon) => (&authority[..host_end + colon], Some(&authority[host_end + colon + 1..])),
            None => (authority, None),
        };
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host_fits = match bracketed {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
        };
        let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number.to_string() == port));
        if text.len() > ORIGIN_BYTES_MAX || !host_fits || !port_fits {
            return Err(InvalidOrigin);
        }
        let origin = match port.filter(|port| *port != own_port) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        };
        Ok(Self(origin.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_read_back_what_they_write() {
        assert_eq!("#00FF7f".parse::<Accent>().unwrap().to_string(), "#00ff7f");
        for bad in ["", "#", "00ff7f", "#00ff7", "#00ff7f0", "#+0ff7f", "#00ff7é", "red"] {
            assert_eq!(bad.parse::<Accent>(), Err(InvalidAccent), "{bad}");
        }
    }

    #[test]
    fn names_of_choices_read_back() {
        assert!(Position::ALL.iter().all(|choice| Position::from_name(choice.as_str()) == Some(*choice)));
        assert_eq!(Radius::from_name("small"), Some(Radius::Small));
        assert_eq!(Appearance::from_name("Auto"), None);
    }

    #[test]
    fn origins_are_kept_as_browsers_send_them() {
        for (written, sent) in [
            ("https://Shop.Example.com", "https://shop.example.com"),
            ("https://shop.example.com:443/", "https://shop.example.com"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://[::1]", "http://[::1]"),
        ] {
            assert_eq!(written.parse::<Origin>().unwrap().as_str(), sent);
        }
        for bad in [
            "",
            "*",
            "shop.example.com",
            "https://",
            "https://a/b",
            "https://a:0x",
            "https://a:99999",
            "ftp://a",
            "https://[::1",
            "https://a b",
        ] {
            assert_eq!(bad.parse::<Origin>(), Err(InvalidOrigin), "{bad}");
        }
    }

    #[test]
    fn a_site_is_allowed_when_it_is_listed_and_an_app_always() {
        let listed = AllowedOrigins::Listed(vec!["https://a.example".parse().unwrap()]);
        assert!(listed.allow(Some("https://a.example")) && listed.allow(None));
        for other in ["https://b.example", "http://a.example", "https://a.example:8443", "null"] {
            assert!(!listed.allow(Some(other)), "{other}");
            assert!(AllowedOrigins::Any.allow(Some(other)));
        }
    }
}
