//! `bench decide-scale`: what one decision costs when everything is as large as it may be. No server: the pure function
//! alone, over a workspace with all the live surveys it may have and a user at every limit.

use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use sonde_core::attribute::AttributeValue;
use sonde_core::decide::{Completed, Depth, Moment, WorkspaceSnapshot, decide};
use sonde_core::event::{EventId, EventRecord, EventSeq};
use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::limits::{ATTRIBUTES_PER_USER_MAX, EVENTS_PER_TRIGGER_CONSIDERED, LIVE_SURVEYS_MAX};
use sonde_core::properties::Properties;
use sonde_core::survey::launch::Platform;
use sonde_core::survey::{Survey, SurveyStatus, parse_document};
use sonde_core::time::{Span, Timestamp};
use sonde_core::trigger::TriggerName;
use sonde_core::user::{Namespace, SurveyHistory, UserActivity, UserId, UserRef, UserState};

use crate::clock::Stopwatch;
use crate::output::{Verdict, print, say};

/// Backend triggers whose events the user has, each as many as a decision looks at.
const TRIGGERS: usize = 20;
const DECISIONS: usize = 200;
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([1; 16]);
/// What a decision may take, in milliseconds.
const MILLIS_MAX: f64 = 1.0;

/// Flags of `bench decide-scale`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What refuses the surveys, and so how far a decision has to look.
const CASES: [(&str, &str); 3] = [
    // The audience comes after the event: the newest event makes the survey due, then 256 attributes are there to look in.
    (
        "due_but_not_audience",
        r#"{"frontend_triggers":[{"name":"Here"}],"activation":{"backend_triggers":[{"name":"TRIGGER"}],"expires_after_secs":360000},"audience":{"all":[{"attribute":"a255","op":"equals","value":"elsewhere"}]}}"#,
    ),
    (
        "not_yet",
        r#"{"frontend_triggers":[{"name":"Here"}],"activation":{"backend_triggers":[{"name":"TRIGGER"}],"expires_after_secs":360000,"delay_secs":359000}}"#,
    ),
    // Nothing stops the search: each of a hundred events is read.
    (
        "filter_fits_none",
        r#"{"frontend_triggers":[{"name":"Here"}],"activation":{"backend_triggers":[{"name":"TRIGGER","filter":{"all":[{"path":"hours","op":"greater","value":24}]}}],"expires_after_secs":360000}}"#,
    ),
];

/// Measures and says whether every case is within bounds.
pub(crate) fn run(options: Options) -> anyhow::Result<Verdict> {
    let activity = user()?;
    let mut millis = serde_json::Map::new();
    let mut verdict = Verdict::Holds;
    for (name, launch) in CASES {
        let median = median_millis(&workspace(launch)?, &activity);
        if median > MILLIS_MAX {
            verdict = Verdict::Broken;
        }
        if !options.json {
            say(&format!("{name}: {median:.3} ms"));
        }
        millis.insert(name.to_owned(), json!(median));
    }
    if options.json {
        let sizes = json!({"surveys": LIVE_SURVEYS_MAX, "events": activity.events.len(), "attributes": ATTRIBUTES_PER_USER_MAX});
        print(&json!({"sizes": sizes, "median_ms": millis}).to_string())?;
    }
    Ok(verdict)
}

fn median_millis(snapshot: &WorkspaceSnapshot, activity: &UserActivity) -> f64 {
    let completed = Completed::none();
    let properties = Properties::empty();
    let moment = Moment {
        trigger: Some("Here"),
        properties: &properties,
        platform: Some(Platform::Web),
        sequence: Some(&[]),
        completed: &completed,
        now: NOW,
    };
    let mut times: Vec<f64> = (0..DECISIONS)
        .map(|_| {
            let since = Stopwatch::start();
            let decision = decide(snapshot, activity, &moment, Depth::FirstRefusal);
            assert!(std::hint::black_box(decision).winner.is_none(), "every survey is to be refused");
            since.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[DECISIONS / 2]
}

fn workspace(launch: &str) -> anyhow::Result<WorkspaceSnapshot> {
    let survey = |number: usize| {
        let launch = launch.replace("TRIGGER", &trigger(number));
        let document = format!(
            r#"{{"format_version":1,"name":"S","default_language":"en","questions":[{{"id":"q","type":"nps_feedback","title":{{"en":"Q"}}}}],"launch":{launch}}}"#
        );
        let document = parse_document(&document).map_err(|wrong| anyhow::anyhow!("{wrong:?}"))?;
        Ok(Survey { id: survey_id(number), version: 1, status: SurveyStatus::Live, document: Arc::new(document) })
    };
    let surveys = (0..LIVE_SURVEYS_MAX).map(survey).collect::<anyhow::Result<_>>()?;
    Ok(WorkspaceSnapshot::new(WORKSPACE, Span::ZERO, surveys))
}

fn trigger(number: usize) -> String {
    format!("backend_trigger_{:02}", number % TRIGGERS)
}

fn survey_id(number: usize) -> SurveyId {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&(number as u64).to_be_bytes());
    SurveyId::from_bytes(bytes)
}

/// Newest first, one event a second, their triggers in turn.
fn user() -> anyhow::Result<UserActivity> {
    let mut activity = UserActivity::unknown(UserRef { workspace: WORKSPACE, namespace: Namespace::Identified, id: UserId::new("ada")? });
    let properties =
        r#"{"hours":7.5,"author":{"name":"A. Writer","born":"1970-01-01"},"tags":["a","b","c"],"place":"bedroom","price":82.50}"#;
    let (properties, _) = Properties::parse(properties).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    for number in 0..TRIGGERS * EVENTS_PER_TRIGGER_CONSIDERED {
        let at = NOW - Span::from_secs(i64::try_from(number)? + 1);
        activity.events.push(EventRecord {
            id: EventId::from_stored(&format!("e{number}")),
            trigger: TriggerName::new(&trigger(number)).context("a trigger")?,
            effective_at: at,
            received_at: at,
            seq: EventSeq(1_000_000 - number as u64),
            properties: properties.clone(),
        });
    }
    let mut state = UserState::default();
    let changes: Vec<_> =
        (0..ATTRIBUTES_PER_USER_MAX).map(|n| (format!("a{n}").into(), Some(AttributeValue::Text("here".into())))).collect();
    state.attributes.apply(&changes)?;
    for number in 0..LIVE_SURVEYS_MAX {
        state.surveys.insert(survey_id(number), SurveyHistory { shown_count: 0, ..SurveyHistory::default() });
    }
    activity.state = state;
    Ok(activity)
}
