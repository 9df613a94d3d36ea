//! What is explained is what happens: before every call for a user the dry run, the reasons beside an event and the reasons
//! for a test user are asked for, and the call must do as they say. Surveys, users and what happens to them are random.

use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sonde_core::attribute::AttributeValue;
use sonde_core::display::DisplayState;
use sonde_core::id::{DisplayId, SurveyId};
use sonde_core::survey::launch::Platform;
use sonde_core::time::Span;
use sonde_core::user::UserRef;

use super::desk::Desk;
use crate::explain::{DryRun, SurveyExplained};

const STORIES: u32 = 16;

#[derive(Clone, Debug)]
enum Step {
    Event { trigger: &'static str, n: u8, mins_ago: i64 },
    Plan(&'static str),
    Fire { trigger: &'static str, tab: u8, platform: Platform },
    Confirm,
    Close,
    Answer { completed: bool },
    Advance { mins: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let event = (select(vec!["slept", "slept", "ordered", "undone"]), 0_u8..3, 0_i64..40);
    let fire = (select(vec!["Main", "Main", "Cart"]), 0_u8..2, select(vec![Platform::Web, Platform::Web, Platform::Ios]));
    prop_oneof![
        5 => event.prop_map(|(trigger, n, mins_ago)| Step::Event { trigger, n, mins_ago }),
        1 => select(vec!["pro", "free"]).prop_map(Step::Plan),
        8 => fire.prop_map(|(trigger, tab, platform)| Step::Fire { trigger, tab, platform }),
        4 => Just(Step::Confirm),
        1 => Just(Step::Close),
        3 => any::<bool>().prop_map(|completed| Step::Answer { completed }),
        3 => select(vec![1, 2, 30, 90, 1_500]).prop_map(|mins| Step::Advance { mins }),
    ]
}

fn launch() -> impl Strategy<Value = String> {
    let frontend = select(vec![
        r#""frontend_triggers": [{"name": "Main"}]"#,
        r#""frontend_triggers": [{"name": "Main"}, {"name": "Cart"}]"#,
        r#""frontend_triggers": [{"name": "Main", "filter": {"all": [{"path": "tab", "op": "equals", "value": 1}]}}]"#,
    ]);
    let triggers = select(vec![
        r#"[{"name": "slept"}]"#,
        r#"[{"name": "ordered", "filter": {"all": [{"path": "n", "op": "less", "value": 2}]}}]"#,
        r#"[{"name": "slept"}, {"name": "ordered"}]"#,
    ]);
    let needed = select(vec!["", "", r#", "match": "all""#, r#", "at_least": 2"#]);
    let window = select(vec![r#""expires_after_secs": 7200"#, r#""expires_after_secs": 3600, "delay_secs": 120"#]);
    let activation = (triggers, needed, window)
        .prop_map(|(triggers, needed, window)| format!(r#"{{"backend_triggers": {triggers}{needed}, {window}}}"#));
    let repeat = select(vec![
        r#""repeat": {"until": "always"}"#,
        r#""repeat": {"until": "always"}"#,
        r#""repeat": {"until": "shown", "times": 2}"#,
        r#""repeat": {"until": "answered"}"#,
    ]);
    let more = select(vec![
        "",
        "",
        r#", "platforms": ["web"]"#,
        r#", "quota": {"completed": 2}"#,
        r#", "ignores_wait_period": true"#,
        r#", "priority": "high""#,
        r#", "sampling_percent": 50"#,
        r#", "audience": {"attribute": "plan", "op": "equals", "value": "pro"}"#,
    ]);
    (frontend, option::weighted(0.7, activation), repeat, more).prop_map(|(frontend, activation, repeat, more)| {
        let activation = activation.map(|activation| format!(r#""activation": {activation}, "#)).unwrap_or_default();
        format!("{{{frontend}, {activation}{repeat}{more}}}")
    })
}

/// How often something was told, over all stories.
#[derive(Default)]
struct Told {
    shown: Cell<u32>,
    shown_by_event: Cell<u32>,
    refused: Cell<u32>,
}

fn one_more(count: &Cell<u32>) {
    count.set(count.get() + 1);
}

struct Story<'t> {
    desk: Desk,
    user: UserRef,
    open: Option<(DisplayId, Platform)>,
    revision: u64,
    told: &'t Told,
}

type Reasons = BTreeMap<SurveyId, (bool, Vec<&'static str>)>;

fn reasons(surveys: &[SurveyExplained]) -> Reasons {
    let codes = |survey: &SurveyExplained| survey.reasons.iter().map(|reason| reason.code.as_str()).collect();
    surveys.iter().map(|survey| (survey.survey, (survey.due, codes(survey)))).collect()
}

fn due(run: &DryRun) -> Vec<SurveyId> {
    run.surveys.iter().filter(|survey| survey.due).map(|survey| survey.survey).collect()
}

impl Story<'_> {
    async fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match *step {
            Step::Event { trigger, n, mins_ago } => {
                let json = format!(r#"{{"n": {n}}}"#);
                self.desk.event(&self.user, trigger, &json, Span::from_secs(60 * mins_ago)).await;
            }
            Step::Plan(plan) => {
                let change = ("plan".into(), Some(AttributeValue::Text(plan.into())));
                self.desk.service.apply_attributes(&self.user, &[change]).await.unwrap();
            }
            Step::Fire { trigger, tab, platform } => self.fire(trigger, tab, platform).await?,
            Step::Advance { mins } => self.advance(Span::from_secs(60 * mins)).await?,
            Step::Confirm | Step::Close | Step::Answer { .. } => self.go_on(step).await,
        }
        Ok(())
    }

    /// The calls that follow a claim; they may come too late.
    async fn go_on(&mut self, step: &Step) {
        let Some((display, platform)) = self.open else { return };
        let session = Desk::session(&self.user, platform);
        let _too_late = match *step {
            Step::Answer { completed } => {
                self.revision += 1;
                self.desk.answer(&session, display, self.revision, completed).await.is_none()
            }
            Step::Close => self.desk.service.close_display(&session, display, DisplayState::Dismissed).await.is_err(),
            _ => self.desk.service.confirm_shown(&session, display).await.is_err(),
        };
    }

    async fn fire(&mut self, trigger: &str, tab: u8, platform: Platform) -> Result<(), TestCaseError> {
        let (desk, user, json) = (&self.desk, &self.user, format!(r#"{{"tab": {tab}}}"#));
        let dry = desk.dry_run(user, trigger, &json, platform, None).await;
        let of_event = reasons(&desk.service.explain_event(user).await.unwrap());
        let called = desk.fire(&Desk::session(user, platform), trigger, &json).await;
        let shown = called.shown.as_ref().map(|shown| shown.content.survey);

        prop_assert_eq!(shown, dry.winner.as_ref().map(|(survey, _)| *survey), "the dry run says another");
        let debug = called.debug.as_deref().map(reasons);
        prop_assert_eq!(debug, Some(reasons(&dry.surveys)), "the test user was told other reasons");
        prop_assert_eq!(due(&dry), shown.into_iter().collect::<Vec<_>>(), "a winner and nobody else is due");
        if let Some(survey) = shown {
            let beside_the_event = of_event.get(&survey);
            prop_assert!(beside_the_event.is_none_or(|(due, _)| *due), "beside the event it says {:?}", beside_the_event);
            one_more(if beside_the_event.is_some() { &self.told.shown_by_event } else { &self.told.shown });
            (self.open, self.revision) = (called.shown.map(|shown| (shown.display, platform)), 0);
        } else {
            one_more(&self.told.refused);
        }
        Ok(())
    }

    /// What will be is told before; nothing else happens meanwhile.
    async fn advance(&mut self, by: Span) -> Result<(), TestCaseError> {
        let at = self.desk.service.now() + by;
        let foretold = self.desk.dry_run(&self.user, "Main", "{}", Platform::Web, Some(at)).await;
        self.desk.clock.advance(by);
        let now = self.desk.dry_run(&self.user, "Main", "{}", Platform::Web, None).await;
        prop_assert_eq!((foretold.winner.clone(), due(&foretold)), (now.winner.clone(), due(&now)));
        Ok(())
    }
}

async fn tell(told: &Told, wait_days: u32, launches: &[String], steps: &[Step]) -> Result<(), TestCaseError> {
    let desk = Desk::new().await;
    desk.service.set_wait_period(desk.workspace, wait_days).await.unwrap();
    for launch in launches {
        desk.survey(launch).await;
    }
    let user = desk.user("ada");
    desk.service.set_test_user(&user, true).await.unwrap();
    let mut story = Story { desk, user, open: None, revision: 0, told };
    for step in steps {
        story.take(step).await?;
    }
    Ok(())
}

#[test]
fn explain_never_disagrees_with_the_call() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let told = Told::default();
    let config = Config { cases: STORIES, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let stories = (0_u32..2, vec(launch(), 2..6), vec(step(), 40));
    let law = |(wait_days, launches, steps): (u32, Vec<String>, Vec<Step>)| runtime.block_on(tell(&told, wait_days, &launches, &steps));
    if let Err(error) = runner.run(&stories, law) {
        panic!("{error}");
    }
    let counts = [&told.shown, &told.shown_by_event, &told.refused].map(Cell::get);
    assert!(counts.iter().all(|count| *count >= 10), "{counts:?}: shown, shown by an event, refused");
}
