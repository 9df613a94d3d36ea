//! Runs `spec/decide/*.json`, and proves with them that no gate and no rank can go.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::attribute::{AttributeValue, Attributes};
use crate::audience::{Cohort, Unmet, UnmetAbout};
use crate::decide::activation::{CHECKS, Check};
use crate::decide::gates::{GATES, Gate};
use crate::decide::{Completed, Decision, Depth, Moment, RANKS, RULES, Rank, Reason, Rules, Verdict, WorkspaceSnapshot, decide_with};
use crate::event::{EventId, EventRecord, EventSeq};
use crate::id::{SurveyId, WorkspaceId};
use crate::properties::Properties;
use crate::survey::launch::{Platform, RepeatUntil};
use crate::survey::{Survey, SurveyStatus, parse_cohort_condition, parse_document};
use crate::time::{Span, Timestamp};
use crate::trigger::{Cancels, PropertyPath, TriggerName};
use crate::user::{CancelMark, Consumption, EventMark, Namespace, OpenClaim, SurveyHistory, UserActivity, UserId, UserRef, UserState};

/// One vector as `spec/README.md` describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vector {
    name: String,
    why: String,
    workspace: WorkspaceJson,
    #[serde(default)]
    pub(super) cancels: Vec<CancelsJson>,
    pub(super) surveys: Vec<SurveyJson>,
    user: UserJson,
    events: Vec<EventJson>,
    consumed: Vec<ConsumedJson>,
    #[serde(default)]
    pub(super) cancelled: Vec<CancelledJson>,
    moment: MomentJson,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkspaceJson {
    wait_period_ms: i64,
    #[serde(default)]
    cohorts: Vec<CohortJson>,
    #[serde(default)]
    completed: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CohortJson {
    id: String,
    name: String,
    condition: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SurveyJson {
    id: String,
    version: u32,
    status: String,
    pub(super) document: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserJson {
    namespace: String,
    id: String,
    last_shown_at: Option<i64>,
    #[serde(default)]
    attributes: BTreeMap<String, Box<RawValue>>,
    surveys: BTreeMap<String, HistoryJson>,
    open_claim: Option<ClaimJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HistoryJson {
    shown_count: u32,
    last_shown_at: Option<i64>,
    first_answered_at: Option<i64>,
    completed_at: Option<i64>,
    #[serde(default)]
    last_answered_at: Option<i64>,
    #[serde(default)]
    last_completed_at: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimJson {
    display: String,
    survey: String,
    request_id: Box<str>,
    lease_until: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventJson {
    id: String,
    trigger: String,
    effective_at: i64,
    received_at: i64,
    seq: u64,
    properties: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsumedJson {
    survey: String,
    event: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelsJson {
    by: String,
    trigger: String,
    pub(super) equal_property: Option<String>,
}

impl CancelsJson {
    fn rule(&self) -> (TriggerName, Cancels) {
        let equal_property = self.equal_property.as_deref().map(|path| PropertyPath::new(path).unwrap());
        (TriggerName::new(&self.by).unwrap(), Cancels { trigger: TriggerName::new(&self.trigger).unwrap(), equal_property })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelledJson {
    event: String,
    at: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MomentJson {
    trigger: String,
    properties: Box<RawValue>,
    platform: String,
    #[serde(default)]
    sequence: Vec<String>,
    now: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    winner: Value,
    reasons: BTreeMap<String, Vec<Value>>,
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn properties(json: &RawValue) -> Properties {
    Properties::parse(json.get()).unwrap_or_else(|error| panic!("{json}: {error}")).0
}

fn attribute(json: &RawValue) -> AttributeValue {
    match serde_json::from_str(json.get()).unwrap() {
        Value::String(text) => AttributeValue::Text(text.into()),
        Value::Bool(boolean) => AttributeValue::Boolean(boolean),
        Value::Number(_) => AttributeValue::Number(json.get().into()),
        other => panic!("no attribute: {other}"),
    }
}

fn survey_id(text: &str) -> SurveyId {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

impl SurveyJson {
    fn survey(&self) -> Survey {
        let status = match self.status.as_str() {
            "draft" => SurveyStatus::Draft,
            "live" => SurveyStatus::Live,
            "paused" => SurveyStatus::Paused,
            "ended" => SurveyStatus::Ended,
            other => panic!("no such status: {other}"),
        };
        let document = parse_document(self.document.get()).unwrap_or_else(|errors| panic!("{}: {errors:?}", self.id));
        Survey { id: survey_id(&self.id), version: self.version, status, document: document.into() }
    }
}

impl CohortJson {
    fn cohort(&self) -> Cohort {
        let condition = parse_cohort_condition(self.condition.get()).unwrap_or_else(|errors| panic!("{}: {errors:?}", self.id));
        Cohort { id: self.id.parse().unwrap(), name: self.name.as_str().into(), condition }
    }
}

/// What a moment refers to.
struct Situation {
    properties: Properties,
    sequence: Vec<TriggerName>,
    completed: Completed,
}

impl EventJson {
    fn record(&self) -> EventRecord {
        EventRecord {
            id: EventId::given(&self.id).unwrap(),
            trigger: TriggerName::new(&self.trigger).unwrap(),
            effective_at: at(self.effective_at),
            received_at: at(self.received_at),
            seq: EventSeq(self.seq),
            properties: properties(&self.properties),
        }
    }
}

impl HistoryJson {
    fn history(&self) -> SurveyHistory {
        SurveyHistory {
            shown_count: self.shown_count,
            last_shown_at: self.last_shown_at.map(at),
            first_answered_at: self.first_answered_at.map(at),
            completed_at: self.completed_at.map(at),
            last_answered_at: self.last_answered_at.or(self.first_answered_at).map(at),
            last_completed_at: self.last_completed_at.or(self.completed_at).map(at),
        }
    }
}

impl ClaimJson {
    fn claim(&self) -> OpenClaim {
        OpenClaim {
            display: self.display.parse().unwrap(),
            survey: survey_id(&self.survey),
            request_id: self.request_id.clone(),
            lease_until: at(self.lease_until),
        }
    }
}

const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([1; 16]);

impl Vector {
    fn snapshot(&self) -> WorkspaceSnapshot {
        let surveys = self.surveys.iter().map(SurveyJson::survey).collect();
        let cohorts = self.workspace.cohorts.iter().map(CohortJson::cohort);
        WorkspaceSnapshot::new(WORKSPACE, Span::from_millis(self.workspace.wait_period_ms), surveys)
            .with_cohorts(cohorts)
            .with_cancels(self.cancels.iter().map(CancelsJson::rule))
    }

    fn situation(&self) -> Situation {
        let name = |name: &String| TriggerName::new(name).unwrap();
        Situation {
            properties: properties(&self.moment.properties),
            sequence: self.moment.sequence.iter().map(name).collect(),
            completed: self.workspace.completed.iter().map(|(id, count)| (survey_id(id), *count)).collect(),
        }
    }

    fn activity(&self) -> UserActivity {
        let namespace = match self.user.namespace.as_str() {
            "identified" => Namespace::Identified,
            "anonymous" => Namespace::Anonymous,
            other => panic!("no such namespace: {other}"),
        };
        let mut events: Vec<EventRecord> = self.events.iter().map(EventJson::record).collect();
        events.sort_by_key(|event| std::cmp::Reverse(event.recency()));
        UserActivity {
            user: UserRef { workspace: WORKSPACE, namespace, id: UserId::new(&self.user.id).unwrap() },
            state: UserState {
                last_shown_at: self.user.last_shown_at.map(at),
                attributes: Attributes::from_pairs(
                    self.user.attributes.iter().map(|(name, value)| (name.as_str().into(), attribute(value))),
                ),
                surveys: self.user.surveys.iter().map(|(id, history)| (survey_id(id), history.history())).collect(),
                open_claim: self.user.open_claim.as_ref().map(ClaimJson::claim),
                ..UserState::default()
            },
            consumed: self.consumed.iter().map(|mark| Consumption::new(survey_id(&mark.survey), mark_of(&mark.event, &events))).collect(),
            cancelled: self
                .cancelled
                .iter()
                .map(|mark| CancelMark { event: mark_of(&mark.event, &events), cancelled_at: at(mark.at) })
                .collect(),
            events,
        }
    }

    fn moment<'a>(&'a self, situation: &'a Situation) -> Moment<'a> {
        let platform = Platform::from_name(&self.moment.platform).expect("a platform");
        Moment {
            trigger: Some(&self.moment.trigger),
            properties: &situation.properties,
            platform: Some(platform),
            sequence: Some(&situation.sequence),
            completed: &situation.completed,
            now: at(self.moment.now),
        }
    }

    /// Runs both depths; on failure says which vector and what came instead.
    fn check(&self, rules: &Rules<'_>) -> Result<(), String> {
        let situation = self.situation();
        let (snapshot, activity, moment) = (self.snapshot(), self.activity(), self.moment(&situation));
        let explained = decide_with(rules, &snapshot, &activity, &moment, Depth::EveryReason);
        let decided = decide_with(rules, &snapshot, &activity, &moment, Depth::FirstRefusal);
        let expected = json!({"winner": self.expect.winner, "reasons": self.expect.reasons});
        let found = json!({"winner": winner_json(&explained), "reasons": reasons_json(&explained)});
        if found != expected {
            return Err(format!("{}\n  expected {expected}\n  found    {found}", self.name));
        }
        if winner_json(&decided) != self.expect.winner {
            return Err(format!("{}: the first refusals give another winner: {}", self.name, winner_json(&decided)));
        }
        let short = reasons_json(&decided);
        let expected = self.first_refusals(&snapshot);
        if short == expected {
            Ok(())
        } else {
            Err(format!("{}: first refusals\n  expected {expected:?}\n  found    {short:?}", self.name))
        }
    }

    /// Of every live survey on the trigger the first reason.
    fn first_refusals(&self, snapshot: &WorkspaceSnapshot) -> BTreeMap<String, Vec<Value>> {
        let on_trigger = |survey: &&Survey| {
            let triggers = &survey.document.launch.frontend_triggers;
            survey.status == SurveyStatus::Live && triggers.iter().any(|rule| rule.name.as_str() == self.moment.trigger)
        };
        let first = |survey: &Survey| {
            let id = survey.id.to_string();
            let reasons = self.expect.reasons[&id].iter().take(1).cloned().collect();
            (id, reasons)
        };
        snapshot.surveys().iter().filter(on_trigger).map(first).collect()
    }
}

fn mark_of(id: &str, events: &[EventRecord]) -> EventMark {
    events.iter().find(|event| event.id.as_str() == id).expect("a marked event is among the events").into()
}

fn winner_json(decision: &Decision<'_>) -> Value {
    let Some(winner) = &decision.winner else { return Value::Null };
    let id = |event: &EventRecord| event.id.as_str().to_owned();
    let mut found = json!({"survey": winner.survey.id.to_string(), "event": winner.due.as_ref().map(|due| id(due.newest))});
    let Some(due) = &winner.due else { return found };
    if !due.by_trigger.is_empty() {
        found["events"] = due.by_trigger.iter().map(|event| (event.trigger.as_str().to_owned(), id(event))).collect();
    }
    if due.counted != [due.newest] {
        found["consumes"] = due.counted.iter().map(|event| id(event)).collect();
    }
    found
}

fn reasons_json(decision: &Decision<'_>) -> BTreeMap<String, Vec<Value>> {
    let reasons = |verdict: &Verdict<'_>| match verdict {
        Verdict::Due { .. } => Vec::new(),
        Verdict::Refused(reasons) => reasons.iter().map(reason_json).collect(),
    };
    decision.verdicts.iter().map(|verdict| (verdict.survey.id.to_string(), reasons(&verdict.verdict))).collect()
}

/// A reason in the words of the vectors.
fn reason_json(reason: &Reason) -> Value {
    let ms = |time: &Timestamp| time.as_millis();
    let mut facts = match reason {
        Reason::NotLive { status } => json!({"status": status_name(*status)}),
        Reason::NotStarted { starts_at } => json!({"starts_at": ms(starts_at)}),
        Reason::Ended { ended_at } => json!({"ended_at": ms(ended_at)}),
        Reason::OutsideHours { opens_at } => json!({"opens_at": opens_at.as_ref().map(ms)}),
        Reason::QuotaReached { completed, quota } => json!({"completed": completed, "quota": quota}),
        Reason::TriggerSequence { missing } => json!({"missing": missing.as_str()}),
        Reason::Audience(unmet) => unmet_facts(unmet),
        Reason::WrongTrigger | Reason::WrongPlatform => json!({}),
        Reason::NoEvent { trigger } => json!({"trigger": trigger.as_ref().map(TriggerName::as_str)}),
        Reason::EventTooFew { found, needed } => json!({"found": found, "needed": needed}),
        Reason::TriggerFilter { path } => json!({"path": **path}),
        Reason::EventFilter { trigger, effective_at, path } => {
            json!({"trigger": trigger.as_str(), "effective_at": ms(effective_at), "path": **path})
        }
        Reason::NotSampled { point, rate } => json!({"point": point, "rate": rate}),
        Reason::EventNotYet { trigger, opens_at } => json!({"trigger": trigger.as_str(), "opens_at": ms(opens_at)}),
        Reason::EventExpired { trigger, expired_at, window } => {
            json!({"trigger": trigger.as_str(), "expired_at": ms(expired_at), "window_ms": window.as_millis()})
        }
        Reason::EventCancelled { trigger, effective_at, by, cancelled_at } => {
            let by = by.as_ref().map(TriggerName::as_str);
            json!({"trigger": trigger.as_str(), "effective_at": ms(effective_at), "by": by, "cancelled_at": ms(cancelled_at)})
        }
        Reason::EventConsumed { trigger, effective_at } => json!({"trigger": trigger.as_str(), "effective_at": ms(effective_at)}),
        Reason::EventSuperseded { trigger, effective_at, consumed_at } => {
            json!({"trigger": trigger.as_str(), "effective_at": ms(effective_at), "consumed_at": ms(consumed_at)})
        }
        Reason::RepeatLimit { until, shown_count, again_at } => repeat_facts(*until, *shown_count, again_at.as_ref().map(ms)),
        Reason::WaitPeriod { until } => json!({"until": ms(until)}),
        Reason::ClaimedElsewhere { lease_until } => json!({"lease_until": ms(lease_until)}),
        Reason::LowerPriority { winner } => json!({"winner": winner.to_string()}),
        Reason::IdentityUnverified { refused_at } => json!({"refused_at": ms(refused_at)}),
    };
    facts["code"] = json!(reason.code());
    facts
}

fn unmet_facts(unmet: &Unmet) -> Value {
    let mut facts = match &unmet.about {
        UnmetAbout::Attribute { name, operator } => json!({"attribute": **name, "op": operator}),
        UnmetAbout::Survey { survey, event, within_days } => {
            json!({"survey": survey.to_string(), "op": event.as_str(), "within_days": within_days})
        }
        UnmetAbout::Cohort { cohort, name } => json!({"cohort": cohort.to_string(), "cohort_name": **name}),
    };
    facts["negated"] = json!(unmet.is_negated);
    facts
}

fn status_name(status: SurveyStatus) -> &'static str {
    match status {
        SurveyStatus::Draft => "draft",
        SurveyStatus::Live => "live",
        SurveyStatus::Paused => "paused",
        SurveyStatus::Ended => "ended",
    }
}

fn repeat_facts(until: RepeatUntil, shown_count: u32, again_at: Option<i64>) -> Value {
    let named = |until: &str| json!({"until": until, "shown_count": shown_count, "again_at": again_at});
    match until {
        RepeatUntil::ShownTimes(times) => {
            let mut facts = named("shown");
            facts["times"] = json!(times);
            facts
        }
        RepeatUntil::Answered => named("answered"),
        RepeatUntil::Completed => named("completed"),
        RepeatUntil::Always => named("always"),
    }
}

pub(super) fn all() -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/decide");
    let mut files: Vec<_> = std::fs::read_dir(&folder).expect("spec/decide").map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let read = |path: &std::path::PathBuf| -> Vec<Vector> {
        let text = std::fs::read_to_string(path).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    files.iter().flat_map(read).collect()
}

pub(super) fn failures(vectors: &[Vector], rules: &Rules<'_>) -> Vec<String> {
    vectors.iter().filter_map(|vector| vector.check(rules).err()).collect()
}

/// Whether any vector says otherwise.
pub(super) fn notices(vectors: &[Vector], rules: &Rules<'_>) -> bool {
    vectors.iter().any(|vector| vector.check(rules).is_err())
}

#[test]
fn every_vector_is_decided_as_it_says_in_both_depths() {
    let vectors = all();
    assert!(vectors.len() >= 150, "only {} vectors were found", vectors.len());
    let failures = failures(&vectors, &RULES);
    assert!(failures.is_empty(), "{} of {} vectors fail:\n{}", failures.len(), vectors.len(), failures.join("\n"));
}

#[test]
fn every_vector_has_its_own_name_and_says_why() {
    let mut names = HashSet::new();
    for vector in all() {
        assert!(!vector.why.is_empty(), "{} does not say why", vector.name);
        assert!(names.insert(vector.name.clone()), "two vectors are called {}", vector.name);
    }
}

#[test]
fn no_gate_can_go() {
    let vectors = all();
    for removed in GATES {
        let rest: Vec<Gate> = GATES.into_iter().filter(|gate| gate.name != removed.name).collect();
        assert_eq!(rest.len(), GATES.len() - 1, "two gates are called {}", removed.name);
        assert!(notices(&vectors, &Rules { gates: &rest, ..RULES }), "no vector misses the gate {}", removed.name);
    }
}

#[test]
fn no_rank_can_go() {
    let vectors = all();
    for removed in RANKS {
        let rest: Vec<Rank> = RANKS.into_iter().filter(|rank| rank.name != removed.name).collect();
        assert_eq!(rest.len(), RANKS.len() - 1, "two ranks are called {}", removed.name);
        assert!(notices(&vectors, &Rules { ranks: &rest, ..RULES }), "no vector misses the rank {}", removed.name);
    }
}

/// Gates may refuse a case that another gate refuses, too; what explain says of each must not depend on the others.
#[test]
fn every_gate_is_missed_where_it_alone_refuses() {
    let vectors = all();
    for removed in GATES {
        let rest: Vec<Gate> = GATES.into_iter().filter(|gate| gate.name != removed.name).collect();
        let rules = Rules { gates: &rest, ..RULES };
        let shows_now = |vector: &Vector| {
            let situation = vector.situation();
            let (snapshot, activity, moment) = (vector.snapshot(), vector.activity(), vector.moment(&situation));
            vector.expect.winner.is_null() && decide_with(&rules, &snapshot, &activity, &moment, Depth::EveryReason).winner.is_some()
        };
        assert!(vectors.iter().any(shows_now), "no vector turns from no to yes without the gate {}", removed.name);
    }
}

#[test]
fn no_check_of_events_can_go() {
    let vectors = all();
    for removed in CHECKS {
        let rest: Vec<Check> = CHECKS.into_iter().filter(|check| check.name != removed.name).collect();
        assert_eq!(rest.len(), CHECKS.len() - 1, "two checks are called {}", removed.name);
        assert!(notices(&vectors, &Rules { checks: &rest, ..RULES }), "no vector misses the check {}", removed.name);
    }
}
