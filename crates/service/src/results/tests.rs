use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use sonde_core::attribute::Attributes;
use sonde_core::display::{Display, DisplayState, UserChange};
use sonde_core::event::{EventId, EventRecord, EventSeq};
use sonde_core::filter::{Condition, Operator};
use sonde_core::properties::Properties;
use sonde_core::survey::launch::Platform;
use sonde_core::time::Span;
use sonde_core::trigger::TriggerName;
use sonde_core::user::{Namespace, UserId, UserRef, UserState};
use sonde_storage::memory::MemoryStore;
use sonde_storage::{Activity, Write};

use super::*;
use crate::admin::{ImportInput, InitInput};
use crate::{ManualClock, QueueOptions};

const DOCUMENT: &str = r#"{"format_version": 1, "name": "Sleep", "default_language": "en", "questions": [
    {"id": "nps", "type": "nps_feedback", "title": {"en": "Likely?"}},
    {"id": "pick", "type": "single_select_feedback", "title": {"en": "Which?"}, "options": [{"id": "a", "label": {"en": "Alpha"}},
        {"id": "b", "label": {"en": "Beta"}, "allows_text": true}]},
    {"id": "stars", "type": "star_feedback", "title": {"en": "Stars?"}},
    {"id": "say", "type": "input_feedback", "title": {"en": "More?"}}],
    "launch": {"frontend_triggers": [{"name": "MainActivity"}]}}"#;

/// Noon of a day.
fn noon(day: i32) -> Timestamp {
    Timestamp::from_utc_day(20_780 + day) + Span::from_secs(12 * 3_600)
}

struct Asked {
    service: Arc<Service<MemoryStore>>,
    engine: Arc<MemoryStore>,
    workspace: WorkspaceId,
    survey: SurveyId,
}

impl Asked {
    async fn new() -> Self {
        let engine = Arc::new(MemoryStore::new());
        let clock = Arc::new(ManualClock::at(noon(10)));
        let service = Service::start(Arc::clone(&engine), clock, QueueOptions::default()).await.unwrap();
        let input = InitInput { workspace: "w".to_owned(), email: "ada@example.org".to_owned(), password: "correct horse".to_owned() };
        let workspace = service.init(input).await.unwrap().workspace;
        let input = ImportInput { workspace, survey: None, document: DOCUMENT.to_owned(), launch: true };
        let survey = service.import_survey(input).await.unwrap().survey;
        Self { service, engine, workspace, survey }
    }

    /// The display of that number, shown at noon of a day, with answers.
    fn display(&self, number: u8, day: i32, answers: &[(&str, Answer)]) -> Display {
        let mut id = [0; 16];
        id[15] = number;
        let answered = (!answers.is_empty()).then(|| noon(day));
        Display {
            id: DisplayId::from_bytes(id),
            survey: self.survey,
            survey_version: 1,
            request_id: "r".into(),
            platform: Platform::Web,
            locale: "en".into(),
            state: if answers.is_empty() { DisplayState::Shown } else { DisplayState::Answered },
            claimed_at: noon(day),
            lease_until: noon(day),
            shown_at: Some(noon(day)),
            first_answered_at: answered,
            completed_at: None,
            updated_at: noon(day),
            trigger: TriggerName::new("MainActivity").unwrap(),
            trigger_properties: Properties::empty(),
            attributes: Arc::default(),
            event: None,
            events: Vec::new(),
            consumes: Vec::new(),
            answers: answers.iter().map(|(id, answer)| ((*id).into(), answer.clone())).collect(),
            revision: 1,
            duration_ms: None,
        }
    }

    async fn store(&self, display: Display) {
        let id = UserId::new(&display.id.to_string()).unwrap();
        let user = UserRef { workspace: self.workspace, namespace: Namespace::Identified, id };
        let mut change = UserChange::of_state(&user, UserState::default());
        change.displays.push(display);
        self.engine.commit(vec![Write::Change(Box::new(change))]).await.unwrap();
    }

    async fn results(&self, filter: &ResultsFilter) -> Results {
        self.service.results(self.workspace, self.survey, filter).await.unwrap()
    }

    /// The numbers of the displays that pass one condition, newest first.
    async fn passing(&self, source: Source, path: &str, operator: Operator, value: Option<&str>) -> Vec<u8> {
        let raw = value.map(|json| RawValue::from_string(json.to_owned()).unwrap());
        let condition = Condition::new(path, operator, raw.as_deref()).unwrap();
        let filter = ResultsFilter { all: vec![RowCondition { source, condition }], ..ResultsFilter::default() };
        let page = self.service.response_page(self.workspace, self.survey, &filter, None, 100).await.unwrap();
        page.items.iter().map(|row| row.display.id.as_bytes()[15]).collect()
    }
}

fn completed(display: Display, seconds: u64) -> Display {
    let completed_at = display.shown_at.map(|shown| shown + Span::from_secs(60));
    Display { state: DisplayState::Completed, completed_at, duration_ms: Some(seconds * 1_000), ..display }
}

fn pick(option: &str, other_text: Option<&str>) -> Answer {
    Answer::Choice { options: vec![option.into()], other_text: other_text.map(Into::into) }
}

#[tokio::test]
async fn figures_are_worked_out_by_hand() {
    let asked = Asked::new().await;
    assert_eq!(asked.results(&ResultsFilter::default()).await.funnel, Funnel::default());
    // 10 and 9 promote, 7 is passive, 0 detracts: 2 of 4 less 1 of 4 is 25.
    asked.store(completed(asked.display(1, 0, &[("nps", Answer::Number(10)), ("say", Answer::Text("Slept well".into()))]), 10)).await;
    asked.store(completed(asked.display(2, 2, &[("nps", Answer::Number(9)), ("pick", pick("b", Some("tea")))]), 40)).await;
    asked.store(asked.display(3, 2, &[("nps", Answer::Number(7)), ("pick", pick("a", None)), ("say", Answer::Text(" ".into()))])).await;
    asked.store(completed(asked.display(4, 2, &[("nps", Answer::Number(0)), ("stars", Answer::Number(4))]), 21)).await;
    asked.store(Display { state: DisplayState::Dismissed, ..asked.display(5, 3, &[]) }).await;
    let results = asked.results(&ResultsFilter::default()).await;
    assert_eq!(results.funnel, Funnel { shown: 5, started: 4, completed: 3, dismissed: 1 });
    assert_eq!(results.median_seconds_to_complete, Some(21.0));
    let days: Vec<(i32, u64, u64)> = results.daily.iter().map(|day| (day.day - 20_780, day.shown, day.completed)).collect();
    assert_eq!(days, [(0, 1, 1), (1, 0, 0), (2, 3, 2), (3, 1, 0)]);
    let answered: Vec<(&str, u64)> = results.questions.iter().map(|question| (question.id.as_str(), question.answered)).collect();
    assert_eq!(answered, [("nps", 4), ("pick", 2), ("stars", 1), ("say", 1)]);
    let Figures::Nps(nps) = &results.questions[0].figures else { panic!() };
    assert_eq!((nps.score, nps.promoters, nps.passives, nps.detractors), (Some(25.0), 2, 1, 1));
    assert_eq!(nps.counts, [1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1]);
    let Figures::Choices { choices, other_texts } = &results.questions[1].figures else { panic!() };
    let choices: Vec<(&str, &str, u64, f64)> =
        choices.iter().map(|one| (one.id.as_str(), one.label.as_str(), one.count, one.share)).collect();
    assert_eq!((choices, *other_texts), (vec![("a", "Alpha", 1, 0.5), ("b", "Beta", 1, 0.5)], 1));
    let Figures::Scale { average, counts } = &results.questions[2].figures else { panic!() };
    assert_eq!((*average, counts.as_slice()), (Some(4.0), &[(1, 0), (2, 0), (3, 0), (4, 1), (5, 0)][..]));
    let Figures::Texts { count, latest } = &results.questions[3].figures else { panic!() };
    assert_eq!((*count, latest[0].text.as_str()), (1, "Slept well"));
}

#[tokio::test]
async fn rows_are_filtered_by_answers_and_snapshots() {
    let asked = Asked::new().await;
    let mut attributes = Attributes::default();
    attributes.set_text("plan", "pro");
    let event = EventRecord {
        id: EventId::given("e1").unwrap(),
        trigger: TriggerName::new("ended_sleep").unwrap(),
        effective_at: noon(0),
        received_at: noon(0),
        seq: EventSeq(1),
        properties: Properties::parse(r#"{"score": 41, "author": {"name": "Ada"}}"#).unwrap().0,
    };
    let with_event = Display {
        event: Some(Arc::new(event)),
        attributes: Arc::new(attributes),
        trigger_properties: Properties::parse(r#"{"tab": 2}"#).unwrap().0,
        ..asked.display(1, 0, &[("nps", Answer::Number(9)), ("pick", pick("b", Some("tea"))), ("say", Answer::Text("well".into()))])
    };
    asked.store(with_event).await;
    asked.store(asked.display(2, 1, &[("nps", Answer::Number(3)), ("pick", pick("a", None))])).await;
    asked.store(asked.display(3, 10, &[])).await;
    for (source, path, operator, value, expected) in [
        (Source::Answer, "nps", Operator::GreaterOrEqual, Some("9"), vec![1]),
        (Source::Answer, "nps", Operator::Equals, Some("\"9\""), vec![]),
        (Source::Answer, "pick", Operator::Equals, Some("\"a\""), vec![2]),
        (Source::Answer, "pick", Operator::NotEquals, Some("\"a\""), vec![3, 1]),
        (Source::Answer, "pick", Operator::Contains, Some("\"b\""), vec![1]),
        (Source::Answer, "pick", Operator::In, Some("[\"a\", \"b\"]"), vec![2, 1]),
        (Source::Answer, "pick", Operator::NotIn, Some("[\"a\"]"), vec![3, 1]),
        (Source::Answer, "pick", Operator::NotContains, Some("\"b\""), vec![3, 2]),
        (Source::Answer, "pick", Operator::AnyOf, Some("[\"a\", \"c\"]"), vec![2]),
        (Source::Answer, "pick", Operator::AllOf, Some("[\"b\"]"), vec![1]),
        (Source::Answer, "pick.other_text", Operator::Contains, Some("\"te\""), vec![1]),
        (Source::Answer, "say", Operator::Exists, None, vec![1]),
        (Source::Event, "score", Operator::Less, Some("60"), vec![1]),
        (Source::Event, "author.name", Operator::Equals, Some("\"Ada\""), vec![1]),
        (Source::Event, "score", Operator::NotExists, None, vec![3, 2]),
        (Source::Trigger, "tab", Operator::Equals, Some("2"), vec![1]),
        (Source::User, "plan", Operator::Equals, Some("\"pro\""), vec![1]),
        (Source::Display, "event_name", Operator::StartsWith, Some("\"ended\""), vec![1]),
        (Source::Display, "platform", Operator::Equals, Some("\"web\""), vec![3, 2, 1]),
        // Ten days after it was shown nothing was heard of the second: its user left.
        (Source::Display, "state", Operator::Equals, Some("\"abandoned\""), vec![2, 1]),
        (Source::Display, "state", Operator::Equals, Some("\"shown\""), vec![3]),
        (Source::Display, "moon", Operator::Exists, None, vec![]),
    ] {
        assert_eq!(asked.passing(source, path, operator, value).await, expected, "{source:?} {path} {operator:?} {value:?}");
    }
    let days = ResultsFilter { from: Some(noon(1)), before: Some(noon(10)), ..ResultsFilter::default() };
    assert_eq!(asked.results(&days).await.funnel.shown, 1);
    let keys = asked.results(&ResultsFilter::default()).await.property_keys;
    assert_eq!(keys.event.into_iter().collect::<Vec<_>>(), ["author", "score"]);
    assert_eq!((keys.trigger.len(), keys.user.len()), (1, 1));
}

#[tokio::test]
async fn pages_end_where_the_rows_end() {
    let asked = Asked::new().await;
    for number in 1..=5 {
        asked.store(asked.display(number, 0, &[("say", Answer::Text(format!("Text {number}").into()))])).await;
    }
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = asked.service.response_page(asked.workspace, asked.survey, &ResultsFilter::default(), after, 2).await.unwrap();
        seen.push(page.items.iter().map(|row| row.display.id.as_bytes()[15]).collect::<Vec<_>>());
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [vec![5, 4], vec![3, 2], vec![1]]);
    let texts = asked.service.answer_texts((asked.workspace, asked.survey), "say", "TEXT 3", None, 10).await.unwrap();
    assert_eq!((texts.items[0].text.as_str(), texts.items.len(), texts.next), ("Text 3", 1, None));
}

#[tokio::test]
async fn a_deleted_row_is_gone_from_the_figures() {
    let asked = Asked::new().await;
    let display = asked.display(1, 0, &[("nps", Answer::Number(9))]);
    asked.store(display.clone()).await;
    let mut watch = asked.service.watch_responses(asked.workspace, asked.survey);
    let elsewhere = SurveyId::from_bytes([9; 16]);
    assert!(asked.service.delete_response(asked.workspace, elsewhere, display.id).await.is_err());
    asked.service.delete_response(asked.workspace, asked.survey, display.id).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_secs(5), watch.changed()).await.unwrap());
    assert_eq!(asked.results(&ResultsFilter::default()).await.funnel.shown, 0);
    let user = UserRef { workspace: asked.workspace, namespace: Namespace::Identified, id: UserId::new(&display.id.to_string()).unwrap() };
    let kept = asked.engine.display(&user, display.id).await.unwrap().unwrap();
    assert_eq!((kept.answers.len(), kept.shown_at), (0, display.shown_at), "the answer is gone, the showing is not");
    assert_eq!(asked.service.response_total(asked.workspace, asked.survey).await.unwrap(), 0);
    assert!(matches!(asked.service.response(asked.workspace, asked.survey, display.id).await, Err(Error::NotFound("response"))));
}

#[tokio::test]
async fn an_export_has_every_row_and_every_key() {
    let asked = Asked::new().await;
    for number in 1..=3 {
        let answers = [("pick", pick("b", Some("tea"))), ("nps", Answer::Number(number.into()))];
        let properties = Properties::parse(&format!(r#"{{"key{number}": 1}}"#)).unwrap().0;
        asked.store(Display { trigger_properties: properties, ..asked.display(number, 0, &answers) }).await;
    }
    let mut export = asked.service.export(asked.workspace, asked.survey, ResultsFilter::default()).await.unwrap();
    asked.store(asked.display(4, 0, &[])).await;
    assert_eq!(export.questions, ["nps", "pick", "stars", "say"]);
    assert_eq!(export.keys.trigger.iter().map(String::as_str).collect::<Vec<_>>(), ["key1", "key2", "key3"]);
    let rows = asked.service.export_page(&mut export).await.unwrap();
    assert_eq!(rows.len(), 3, "a row that came later is left for the next export");
    assert_eq!((export.cell(&rows[0], "pick").as_str(), export.cell(&rows[0], "nps").as_str()), ("Beta: tea", "3"));
    assert_eq!(export.cell(&rows[0], "say"), "");
    assert!(asked.service.export_page(&mut export).await.unwrap().is_empty());
}
