//! Reasons on the wire: the same for servers, test users and members.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use sonde_core::decide::{Explained, Fact};
use sonde_service::SurveyExplained;
use utoipa::ToSchema;

use crate::dashboard::surveys::status_name;
use crate::wire::format_time;

/// Why a survey is not shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReasonBody {
    /// One of the closed list: `not_live`, `not_started`, `ended`, `outside_hours`, `quota_reached`, `wrong_trigger`,
    /// `trigger_filter`, `trigger_sequence`, `wrong_platform`, `audience`, `not_sampled`, `no_event`, `event_filter`,
    /// `event_too_few`, `event_not_yet`, `event_expired`, `event_cancelled`, `event_consumed`, `event_superseded`,
    /// `repeat_limit`, `wait_period`, `lower_priority`, `claimed_elsewhere`, `identity_unverified`.
    code: &'static str,
    /// A sentence for people, with the facts; times relative to the moment of the decision, and in UTC.
    detail: String,
    /// The facts: times in RFC 3339, lengths of time in seconds (`…_secs`), surveys by their ids.
    #[serde(flatten)]
    facts: BTreeMap<String, Value>,
}

impl From<&Explained> for ReasonBody {
    fn from(reason: &Explained) -> Self {
        let value = |fact: &Fact| match fact {
            Fact::Time(at) => Value::from(format_time(*at)),
            Fact::Number(number) => Value::from(*number),
            Fact::Boolean(boolean) => Value::from(*boolean),
            Fact::Text(text) => Value::from(&**text),
            Fact::Survey(survey) => Value::from(survey.to_string()),
        };
        Self {
            code: reason.code.as_str(),
            detail: reason.detail.as_ref().to_owned(),
            facts: reason.facts.iter().map(|(name, fact)| (name.to_string(), value(fact))).collect(),
        }
    }
}

/// Reasons, in the order of the gates.
pub(crate) fn bodies(reasons: &[Explained]) -> Vec<ReasonBody> {
    reasons.iter().map(ReasonBody::from).collect()
}

/// Whether a survey would be shown, and why not.
#[derive(Serialize, ToSchema)]
pub(crate) struct SurveyReasonsBody {
    survey: ExplainedSurveyBody,
    /// Whether it would be shown, or stay due.
    due: bool,
    /// Every reason why not; empty when it is due.
    reasons: Vec<ReasonBody>,
}

/// Which survey.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExplainedSurveyBody {
    /// `srv_…`
    id: String,
    name: String,
    /// `draft`, `live`, `paused` or `ended`.
    status: &'static str,
}

impl From<&SurveyExplained> for SurveyReasonsBody {
    fn from(explained: &SurveyExplained) -> Self {
        Self {
            survey: ExplainedSurveyBody {
                id: explained.survey.to_string(),
                name: explained.name.clone(),
                status: status_name(explained.status),
            },
            due: explained.due,
            reasons: bodies(&explained.reasons),
        }
    }
}
