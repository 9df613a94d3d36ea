//! Surveys: the document that describes one, how it launches, and its life.

pub mod document;
pub mod format;
pub mod launch;
pub mod schedule;
pub mod text;
mod validate;

use std::sync::Arc;

use crate::id::SurveyId;

pub use document::SurveyDocument;
pub use validate::{DocumentError, parse_cohort_condition, parse_document};

/// Where a survey is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SurveyStatus {
    /// Never launched.
    Draft,
    /// May be shown.
    Live,
    /// Launched, held back for now.
    Paused,
    /// Over for good.
    Ended,
}

/// A survey as a decision sees it: its published version.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The survey over all versions.
    pub id: SurveyId,
    /// The published version, from 1; 0 for a survey that was never published.
    pub version: u32,
    /// Its life.
    pub status: SurveyStatus,
    /// What that version says.
    pub document: Arc<SurveyDocument>,
}
