//! A user and everything Sonde remembers about one that is not an event.

use std::collections::BTreeMap;

use crate::attribute::Attributes;
use crate::event::{EventRecord, EventSeq};
use crate::id::{DisplayId, SurveyId, WorkspaceId};
use crate::limits::USER_ID_SCALARS_MAX;
use crate::time::Timestamp;

/// Whose id a user is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// The customer's own id.
    Identified,
    /// An id made by an SDK (or a server) before the customer knows who it is.
    Anonymous,
}

/// Why a text is no user id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUserId {
    /// Nothing there.
    #[error("must not be empty")]
    Empty,
    /// More than the limit.
    #[error("must be at most {USER_ID_SCALARS_MAX} characters long")]
    TooLong,
    /// U+0000 cannot be stored by every engine.
    #[error("must not contain U+0000")]
    Nul,
}

/// The id of a user within its workspace and namespace: 1 to 256 scalars, no U+0000.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(Box<str>);

impl UserId {
    /// Checks and wraps an id.
    pub fn new(id: &str) -> Result<Self, InvalidUserId> {
        if id.is_empty() {
            return Err(InvalidUserId::Empty);
        }
        // Bytes bound scalars from above, so most ids are settled without counting.
        if id.len() > USER_ID_SCALARS_MAX && id.chars().count() > USER_ID_SCALARS_MAX {
            return Err(InvalidUserId::TooLong);
        }
        if id.contains('\0') {
            return Err(InvalidUserId::Nul);
        }
        Ok(Self(id.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One user of one workspace: the unit that every hot operation touches exactly one of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserRef {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Identified or anonymous.
    pub namespace: Namespace,
    /// The id within both.
    pub id: UserId,
}

/// What happened between one user and one survey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurveyHistory {
    /// Times shown.
    pub shown_count: u32,
    /// When it was last shown.
    pub last_shown_at: Option<Timestamp>,
    /// When the first answer of the first answered display was saved.
    pub first_answered_at: Option<Timestamp>,
    /// When a display was first completed.
    pub completed_at: Option<Timestamp>,
    /// When the first answer of the last answered display was saved.
    pub last_answered_at: Option<Timestamp>,
    /// When a display was last completed.
    pub last_completed_at: Option<Timestamp>,
}

impl SurveyHistory {
    /// Unites what happened under two ids of the same person.
    fn unite(&mut self, other: &Self) {
        self.shown_count = self.shown_count.saturating_add(other.shown_count);
        self.last_shown_at = self.last_shown_at.max(other.last_shown_at);
        self.first_answered_at = earliest(self.first_answered_at, other.first_answered_at);
        self.completed_at = earliest(self.completed_at, other.completed_at);
        self.last_answered_at = self.last_answered_at.max(other.last_answered_at);
        self.last_completed_at = self.last_completed_at.max(other.last_completed_at);
    }
}

fn earliest(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}

/// The one claim a user may have open: a survey promised to one tab that has not yet confirmed that it shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenClaim {
    /// The display that was claimed.
    pub display: DisplayId,
    /// Its survey.
    pub survey: SurveyId,
    /// The id of the trigger call that claimed it: a retry gets the same display.
    pub request_id: Box<str>,
    /// The first moment at which the claim has lapsed.
    pub lease_until: Timestamp,
}

impl OpenClaim {
    /// Whether the claim still holds.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.lease_until
    }
}

/// Everything about a user that is never bucketed. Every change raises `version` by one, and a change is only stored
/// when the stored version is the one it was made from (compare-and-set).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserState {
    /// For a user nobody has written yet: 0, or more once users were erased, so that a change made from what was read
    /// before an erasure never fits what is there after it.
    pub version: u64,
    /// The user is being erased: nothing is left but rows on their way out, and nothing new is taken until they are gone.
    pub erasing: bool,
    /// Set once on an anonymous user that was identified: calls under this id concern that user.
    pub alias_of: Option<UserId>,
    /// Anonymous ids whose rows have not all been copied to this user yet; reads look there too.
    pub merging: Vec<UserId>,
    /// Typed facts.
    pub attributes: Attributes,
    /// When any survey was last shown, for the wait period.
    pub last_shown_at: Option<Timestamp>,
    /// Per survey, what happened.
    pub surveys: BTreeMap<SurveyId, SurveyHistory>,
    /// The open claim; may have lapsed.
    pub open_claim: Option<OpenClaim>,
}

impl UserState {
    /// The claim that still holds at `now`.
    pub fn live_claim(&self, now: Timestamp) -> Option<&OpenClaim> {
        self.open_claim.as_ref().filter(|claim| claim.is_live(now))
    }

    /// The state of an identified user after the anonymous user `from` turned out to be the same person: marks are
    /// united, the latest wait counts, the user's own attributes win. A live claim of the user wins over one of the
    /// anonymous id, whose claim then is cancelled.
    #[must_use]
    pub fn united_with(&self, from_id: &UserId, from: &Self, now: Timestamp) -> Self {
        let mut united = self.clone();
        united.version += 1;
        if !united.merging.contains(from_id) {
            united.merging.push(from_id.clone());
        }
        united.attributes.fill_from(&from.attributes);
        united.last_shown_at = united.last_shown_at.max(from.last_shown_at);
        for (survey, history) in &from.surveys {
            united.surveys.entry(*survey).or_default().unite(history);
        }
        if united.live_claim(now).is_none() {
            united.open_claim = from.open_claim.clone().or(united.open_claim);
        }
        united
    }

    /// The state of a user whose erasure has begun: nothing is left but where rows may still lie.
    #[must_use]
    pub fn being_erased(&self) -> Self {
        Self { version: self.version + 1, erasing: true, merging: self.merging.clone(), ..Self::default() }
    }

    /// The state of the anonymous user after it became an alias: nothing is left but the alias.
    #[must_use]
    pub fn aliased_to(&self, user: &UserId) -> Self {
        Self { version: self.version + 1, alias_of: Some(user.clone()), ..Self::default() }
    }
}

/// What a mark keeps of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventMark {
    /// The event's place in the order of receipt: which event it is.
    pub seq: EventSeq,
    /// Its effective time.
    pub effective_at: Timestamp,
    /// When it was received: marks of it live in that day's bucket.
    pub received_at: Timestamp,
}

impl From<&EventRecord> for EventMark {
    fn from(event: &EventRecord) -> Self {
        Self { seq: event.seq, effective_at: event.effective_at, received_at: event.received_at }
    }
}

/// A mark that an event has made a survey due and the survey was shown: it never does so again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Consumption {
    /// The survey.
    pub survey: SurveyId,
    /// The event's place in the order of receipt.
    pub seq: EventSeq,
    /// The event's effective time: events up to it are superseded for this survey.
    pub effective_at: Timestamp,
    /// When the event was received: the mark lives in that day's bucket, with the event.
    pub received_at: Timestamp,
}

/// A mark that an event was cancelled by its id: it makes no survey due any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CancelMark {
    /// The event.
    pub event: EventMark,
    /// When the call came.
    pub cancelled_at: Timestamp,
}

impl Consumption {
    /// The mark of an event that a survey was shown about.
    pub fn new(survey: SurveyId, event: EventMark) -> Self {
        Self { survey, seq: event.seq, effective_at: event.effective_at, received_at: event.received_at }
    }
}

/// What a decision reads of one user, all of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserActivity {
    /// Who.
    pub user: UserRef,
    /// What is kept.
    pub state: UserState,
    /// Events that could still matter, per backend trigger the newest
    /// [`EVENTS_PER_TRIGGER_CONSIDERED`](crate::limits::EVENTS_PER_TRIGGER_CONSIDERED), newest first over all triggers
    /// by [`EventRecord::recency`].
    pub events: Vec<EventRecord>,
    /// Marks of events in the same buckets.
    pub consumed: Vec<Consumption>,
    /// Marks of events in the same buckets that were cancelled by id, at most one for each.
    pub cancelled: Vec<CancelMark>,
}

impl UserActivity {
    /// Whether anything at all is known of the user.
    pub fn is_known(&self) -> bool {
        let nothing = UserState { version: self.state.version, ..UserState::default() };
        !self.events.is_empty() || self.state != nothing
    }

    /// A user nobody has heard of.
    pub fn unknown(user: UserRef) -> Self {
        Self { user, state: UserState::default(), events: Vec::new(), consumed: Vec::new(), cancelled: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uniting_keeps_the_latest_wait_and_the_users_own_attributes() {
        let at = Timestamp::from_millis;
        let survey = SurveyId::from_bytes([1; 16]);
        let mut own = UserState { version: 4, last_shown_at: Some(at(50)), ..UserState::default() };
        own.attributes.set_text("plan", "pro");
        let mut anonymous = UserState { version: 9, last_shown_at: Some(at(70)), ..UserState::default() };
        anonymous.attributes.set_text("plan", "free");
        anonymous.attributes.set_text("city", "Bern");
        anonymous.surveys.insert(survey, SurveyHistory { shown_count: 1, completed_at: Some(at(70)), ..SurveyHistory::default() });

        let id = UserId::new("anon").unwrap();
        let united = own.united_with(&id, &anonymous, at(100));

        assert_eq!(united.version, 5);
        assert_eq!(united.last_shown_at, Some(at(70)));
        assert_eq!(united.attributes.text("plan"), Some("pro"));
        assert_eq!(united.attributes.text("city"), Some("Bern"));
        assert_eq!(united.surveys[&survey].shown_count, 1);
        assert_eq!(united.merging, [id]);
    }

    fn claiming(display: u8, lease_until: i64) -> UserState {
        let claim = OpenClaim {
            display: DisplayId::from_bytes([display; 16]),
            survey: SurveyId::from_bytes([1; 16]),
            request_id: "r".into(),
            lease_until: Timestamp::from_millis(lease_until),
        };
        UserState { open_claim: Some(claim), ..UserState::default() }
    }

    #[test]
    fn of_two_claims_the_users_own_wins_while_it_is_live() {
        let now = Timestamp::from_millis(100);
        let id = UserId::new("anon").unwrap();
        let none = UserState::default;
        for (own, anonymous, kept) in [
            (claiming(1, 101), claiming(2, 200), Some(1)),
            (claiming(1, 100), claiming(2, 200), Some(2)),
            (none(), claiming(2, 200), Some(2)),
            (claiming(1, 100), none(), Some(1)),
            (none(), none(), None),
        ] {
            let united = own.united_with(&id, &anonymous, now);
            assert_eq!(united.open_claim.map(|claim| claim.display), kept.map(|number| DisplayId::from_bytes([number; 16])));
        }
    }

    #[test]
    fn uniting_adds_showings_and_keeps_the_first_answer_and_the_last_showing() {
        let at = |millis| Some(Timestamp::from_millis(millis));
        let mut own = SurveyHistory {
            shown_count: 2,
            last_shown_at: at(40),
            first_answered_at: at(41),
            last_answered_at: at(41),
            ..Default::default()
        };
        let other = SurveyHistory {
            shown_count: 1,
            last_shown_at: at(20),
            first_answered_at: at(21),
            completed_at: at(22),
            last_answered_at: at(31),
            last_completed_at: at(32),
        };
        own.unite(&other);
        let united = SurveyHistory { shown_count: 3, last_shown_at: at(40), last_answered_at: at(41), ..other };
        assert_eq!(own, united);
        own.shown_count = u32::MAX;
        own.unite(&SurveyHistory { shown_count: 1, ..SurveyHistory::default() });
        assert_eq!(own.shown_count, u32::MAX);
    }

    #[test]
    fn an_alias_keeps_nothing_but_the_alias() {
        let id = UserId::new("ada").unwrap();
        let alias = UserState { version: 6, ..claiming(1, 200) }.aliased_to(&id);
        assert_eq!(alias, UserState { version: 7, alias_of: Some(id), ..UserState::default() });
    }

    #[test]
    fn of_a_user_being_erased_nothing_is_left_but_where_rows_may_lie() {
        let id = UserId::new("anon").unwrap();
        let mut state =
            UserState { version: 6, last_shown_at: Some(Timestamp::from_millis(1)), merging: vec![id.clone()], ..claiming(1, 200) };
        state.attributes.set_text("plan", "pro");
        let expected = UserState { version: 7, erasing: true, merging: vec![id], ..UserState::default() };
        assert_eq!(state.being_erased(), expected);
    }

    #[test]
    fn user_ids_are_checked_at_their_edges() {
        let longest = "é".repeat(USER_ID_SCALARS_MAX);
        assert!(UserId::new(&longest).is_ok());
        assert_eq!(UserId::new(&format!("{longest}x")), Err(InvalidUserId::TooLong));
        assert_eq!(UserId::new(""), Err(InvalidUserId::Empty));
        assert_eq!(UserId::new("a\0"), Err(InvalidUserId::Nul));
    }
}
