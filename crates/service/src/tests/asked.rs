//! Who is asked once more, and who is not: what is counted over a restart, and what is seen of a flood.

use sonde_core::survey::launch::Platform;
use sonde_core::time::Span;
use sonde_core::trigger::{Cancels, PropertyPath};

use super::desk::{Desk, name};

const ONE_RESPONSE: &str = r#"{"frontend_triggers": [{"name": "Main"}], "quota": {"completed": 1}}"#;
const DELIVERED: &str = r#"{"frontend_triggers": [{"name": "Main"}], "repeat": {"until": "always"},
    "activation": {"backend_triggers": [{"name": "delivered"}], "expires_after_secs": 7200}}"#;

/// The count that decisions look at is in memory; the store is what a new process knows it from.
#[tokio::test]
async fn a_quota_holds_over_a_restart() {
    let desk = Desk::new().await;
    let survey = desk.survey(ONE_RESPONSE).await;
    let [ada, bob] = ["ada", "bob"].map(|id| desk.user(id));
    let session = Desk::session(&ada, Platform::Web);
    let display = desk.fire(&session, "Main", "{}").await.shown.unwrap().display;
    desk.service.confirm_shown(&session, display).await.unwrap();
    desk.answer(&session, display, 1, false).await.unwrap();
    assert_eq!(desk.restarted().await.reasons(&bob).await, [""; 0], "an answer alone completes nothing");

    // Whoever stores the completion is gone before anything is counted in memory: a third process knows it all the same.
    let other = desk.restarted().await;
    other.answer(&session, display, 2, true).await.unwrap();
    assert_eq!(desk.reasons(&bob).await, [""; 0], "this process has not heard of it");
    let restarted = desk.restarted().await;
    assert_eq!(restarted.reasons(&bob).await, ["quota_reached"]);
    assert!(restarted.fire(&Desk::session(&bob, Platform::Web), "Main", "{}").await.shown.is_none());

    // The same answers once more, and a restart after it: one response is one.
    restarted.answer(&session, display, 2, true).await;
    let run = desk.restarted().await.dry_run(&bob, "Main", "{}", Platform::Web, None).await;
    let quota = run.surveys.iter().find(|explained| explained.survey == survey).unwrap();
    assert_eq!(&*quota.reasons[0].detail, "1 response was completed; the survey asks for 1.");
}

/// A decision looks at the newest hundred events of each trigger, of those that cancel as well.
#[tokio::test]
async fn of_events_that_cancel_the_newest_hundred_count() {
    let desk = Desk::new().await;
    desk.survey(DELIVERED).await;
    let ada = desk.user("ada");
    let mins = |mins: i64| Span::from_secs(60 * mins);
    desk.event(&ada, "delivered", r#"{"order": 1}"#, mins(60)).await;
    desk.event(&ada, "refunded", r#"{"order": 1}"#, mins(50)).await;
    let by_order = || Cancels { trigger: name("delivered"), equal_property: Some(PropertyPath::new("order").unwrap()) };
    desk.service.set_cancels(desk.workspace, name("refunded"), vec![by_order()]).await.unwrap();
    for _ in 0..99 {
        desk.event(&ada, "refunded", r#"{"order": 2}"#, mins(10)).await;
    }
    assert_eq!(desk.reasons(&ada).await, ["event_cancelled"], "it is the hundredth");
    desk.event(&ada, "refunded", r#"{"order": 2}"#, mins(10)).await;
    assert_eq!(desk.reasons(&ada).await, [""; 0], "it is the hundred and first");
    // Where no property has to be equal, the newest stands for all before it.
    let whatever = Cancels { equal_property: None, ..by_order() };
    desk.service.set_cancels(desk.workspace, name("refunded"), vec![whatever]).await.unwrap();
    assert_eq!(desk.reasons(&ada).await, ["event_cancelled"]);
}
