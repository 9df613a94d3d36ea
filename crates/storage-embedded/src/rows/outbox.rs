//! Entries of the outbox: what SQLite is still to be told, in order.
//!
//! Displays come by the thousand, so an entry of one says in front what SQLite's columns hold, and then the display as it is
//! stored there, which nobody needs to read on the way:
//!
//! ```text
//! 2, flags u8, workspace, display, survey 16 bytes each, user id: length u16 big-endian, UTF-8; the display's JSON to the end
//! ```
//!
//! Everything else, and displays as they were written up to format 3 of the data folder, is JSON behind the byte 1.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sonde_core::display::Display;
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::ErasedResponses;

use super::display::{self, DisplayRow};
use super::{from_json, id, to_json, user_id, version};
use crate::activity::keys::Bytes;
use crate::error::BadRow;

const VERSION: u8 = 1;
const SHOWN: u8 = 2;
const IS_ANONYMOUS: u8 = 1;
const IS_COMPLETED: u8 = 2;

/// One entry.
pub(crate) enum Entry<'a> {
    /// The latest state of a display that was shown.
    Shown(Shown<'a>),
    /// Everything that this anonymous user saw, that user saw.
    Merged {
        /// The anonymous user.
        from: UserRef,
        /// The identified user.
        into: UserId,
    },
    /// Nothing is known of this user any more.
    Erased {
        /// Who.
        user: UserRef,
        /// What becomes of the answers.
        responses: ErasedResponses,
    },
}

/// A display that was shown.
pub(crate) struct Shown<'a> {
    /// Who saw it.
    pub(crate) user: UserRef,
    pub(crate) display: DisplayId,
    pub(crate) survey: SurveyId,
    /// Whether it was answered to the end.
    pub(crate) is_completed: bool,
    /// The display as SQLite keeps it.
    pub(crate) json: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EntryRow<'a> {
    Shown {
        workspace: String,
        anonymous: bool,
        user: String,
        #[serde(borrow)]
        display: Box<DisplayRow<'a>>,
    },
    Merged {
        workspace: String,
        from: String,
        into: String,
    },
    Erased {
        workspace: String,
        anonymous: bool,
        user: String,
        anonymise_as: Option<String>,
    },
}

pub(crate) fn encode_erased(user: &UserRef, responses: &ErasedResponses) -> Vec<u8> {
    encode(&EntryRow::Erased {
        workspace: user.workspace.to_string(),
        anonymous: user.namespace == Namespace::Anonymous,
        user: user.id.as_str().to_owned(),
        anonymise_as: match responses {
            ErasedResponses::Delete => None,
            ErasedResponses::Anonymise { as_id } => Some(as_id.as_str().to_owned()),
        },
    })
}

/// `row`: the display's row in activity.
pub(crate) fn encode_shown(user: &UserRef, display: &Display, row: &[u8]) -> Vec<u8> {
    let json = display::json_of(row);
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    let flags = flag(user.namespace == Namespace::Anonymous, IS_ANONYMOUS) | flag(display.completed_at.is_some(), IS_COMPLETED);
    let user_id = user.id.as_str();
    let length = u16::try_from(user_id.len()).expect("the domain limits user ids to a few hundred characters");
    let mut bytes = Vec::with_capacity(2 + 3 * 16 + 2 + user_id.len() + json.len());
    bytes.extend_from_slice(&[SHOWN, flags]);
    bytes.extend_from_slice(user.workspace.as_bytes());
    bytes.extend_from_slice(display.id.as_bytes());
    bytes.extend_from_slice(display.survey.as_bytes());
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(user_id.as_bytes());
    bytes.extend_from_slice(json);
    bytes
}

pub(crate) fn encode_merged(from: &UserRef, into: &UserId) -> Vec<u8> {
    encode(&EntryRow::Merged { workspace: from.workspace.to_string(), from: from.id.as_str().to_owned(), into: into.as_str().to_owned() })
}

pub(crate) fn decode(row: &[u8]) -> Result<Entry<'_>, BadRow> {
    let (found, rest) = row.split_first().ok_or_else(|| BadRow::new("empty"))?;
    if *found == SHOWN {
        return decode_shown(Bytes(rest)).map(Entry::Shown);
    }
    version(*found, VERSION)?;
    Ok(match from_json(rest)? {
        EntryRow::Shown { workspace, anonymous, user, display } => Entry::Shown(Shown {
            user: user_ref(&workspace, anonymous, &user)?,
            display: id(display.id())?,
            survey: id(display.survey())?,
            is_completed: display.is_completed(),
            json: display::encode_json(&display).into(),
        }),
        EntryRow::Erased { workspace, anonymous, user, anonymise_as } => Entry::Erased {
            user: user_ref(&workspace, anonymous, &user)?,
            responses: match anonymise_as {
                None => ErasedResponses::Delete,
                Some(as_id) => ErasedResponses::Anonymise { as_id: user_id(&as_id)? },
            },
        },
        EntryRow::Merged { workspace, from, into } => Entry::Merged {
            from: UserRef { workspace: id(&workspace)?, namespace: Namespace::Anonymous, id: user_id(&from)? },
            into: user_id(&into)?,
        },
    })
}

fn decode_shown(mut bytes: Bytes<'_>) -> Result<Shown<'_>, BadRow> {
    let flags = bytes.u8()?;
    let workspace = WorkspaceId::from_bytes(bytes.array()?);
    let (display, survey) = (DisplayId::from_bytes(bytes.array()?), SurveyId::from_bytes(bytes.array()?));
    let namespace = if flags & IS_ANONYMOUS == 0 { Namespace::Identified } else { Namespace::Anonymous };
    let user = UserRef { workspace, namespace, id: user_id(bytes.text()?)? };
    Ok(Shown { user, display, survey, is_completed: flags & IS_COMPLETED != 0, json: bytes.rest()?.into() })
}

fn user_ref(workspace: &str, anonymous: bool, user: &str) -> Result<UserRef, BadRow> {
    let namespace = if anonymous { Namespace::Anonymous } else { Namespace::Identified };
    Ok(UserRef { workspace: id::<WorkspaceId>(workspace)?, namespace, id: user_id(user)? })
}

fn encode(row: &EntryRow<'_>) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(to_json(row).as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISPLAY: &str = r#"{"id":"dsp_00000000000000000000000000000001","survey":"srv_00000000000000000000000000000002","survey_version":1,"request_id":"r","platform":"web","locale":"en","state":"completed","claimed_at":1,"lease_until":2,"shown_at":3,"first_answered_at":4,"completed_at":5,"updated_at":5,"trigger":"m","trigger_properties":"{\"a\":\"\\\"\"}","attributes":[],"event":null,"answers":{"q":{"number":7}},"revision":2,"duration_ms":null}"#;

    fn assert_is_told(row: &[u8], is_completed: bool, json: &str) {
        let Ok(Entry::Shown(shown)) = decode(row) else { panic!("it is a showing") };
        assert_eq!((shown.user.id.as_str(), shown.user.namespace), ("ada", Namespace::Anonymous));
        assert_eq!(shown.user.workspace, WorkspaceId::from_bytes([7; 16]));
        assert_eq!(shown.display.to_string(), "dsp_00000000000000000000000000000001");
        assert_eq!(shown.survey.to_string(), "srv_00000000000000000000000000000002");
        assert_eq!((shown.is_completed, shown.json.as_ref()), (is_completed, json));
    }

    #[test]
    fn a_showing_is_told_as_it_was_written_now_and_up_to_format_3() {
        let user = user_ref("wsp_07070707070707070707070707070707", true, "ada").unwrap();
        let mut display = display::decode_json(DISPLAY.as_bytes()).unwrap();
        assert_is_told(&encode_shown(&user, &display, &display::encode(&display)), true, DISPLAY);
        let old = format!(
            "\x01{{\"shown\":{{\"workspace\":\"wsp_07070707070707070707070707070707\",\"anonymous\":true,\"user\":\"ada\",\"display\":{DISPLAY}}}}}"
        );
        assert_is_told(old.as_bytes(), true, DISPLAY);
        display.completed_at = None;
        let open = DISPLAY.replace(r#""completed_at":5"#, r#""completed_at":null"#);
        assert_is_told(&encode_shown(&user, &display, &display::encode(&display)), false, &open);
    }

    #[test]
    fn a_cut_showing_is_none() {
        let user = user_ref("wsp_07070707070707070707070707070707", true, "ada").unwrap();
        let display = display::decode_json(DISPLAY.as_bytes()).unwrap();
        let row = encode_shown(&user, &display, &display::encode(&display));
        for length in 0..2 + 3 * 16 + 2 + 3 {
            assert!(decode(&row[..length]).is_err(), "{length}");
        }
    }
}
