//! Rows for a table with one line each: first which columns there are, then the rows, page by page.

use std::ops::ControlFlow;

use sonde_core::answer::Answer;
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_storage::ResponseRow;

use super::aggregate::{Documents, PropertyKeys};
use super::{Page, PageBuilder, ResultsFilter, SCAN_PAGE};
use crate::error::Error;
use crate::{Engine, Service};

/// Rows of one page of an export: with the one that tells whether there are more, what is read at a time.
const EXPORT_PAGE: usize = SCAN_PAGE as usize - 1;

/// One export: its columns, and where it stands.
pub struct Export {
    workspace: WorkspaceId,
    survey: SurveyId,
    filter: ResultsFilter,
    documents: Documents,
    /// Ids of the questions, in the order of the survey.
    pub questions: Vec<String>,
    /// The columns of the snapshots.
    pub keys: PropertyKeys,
    /// The newest row when the columns were settled: later ones may have others.
    newest: Option<DisplayId>,
    after: Option<DisplayId>,
}

impl Export {
    /// What an answer says in one cell: labels of options, a number, a text.
    pub fn cell(&self, row: &ResponseRow, question: &str) -> String {
        match row.display.answers.get(question) {
            None => String::new(),
            Some(Answer::Number(number)) => number.to_string(),
            Some(Answer::Text(text)) => text.to_string(),
            Some(Answer::Choice { options, other_text }) => {
                let version = row.display.survey_version;
                let label = |option: &str| self.documents.option_label(version, question, option).unwrap_or(option).to_owned();
                let labels = options.iter().map(|option| label(option)).collect::<Vec<_>>().join("; ");
                match other_text {
                    Some(text) => format!("{labels}: {text}"),
                    None => labels,
                }
            }
        }
    }
}

impl<E: Engine> Service<E> {
    /// Begins an export: goes through the rows once to find the columns.
    pub async fn export(&self, workspace: WorkspaceId, survey: SurveyId, filter: ResultsFilter) -> Result<Export, Error> {
        let documents = self.documents_of(workspace, survey).await?;
        let (mut keys, mut newest) = (PropertyKeys::default(), None);
        self.scan((workspace, survey), &filter, None, |row| {
            newest.get_or_insert(row.display.id);
            keys.add(&row.display);
            ControlFlow::Continue(())
        })
        .await?;
        let questions = documents.questions().iter().map(|(_, question)| question.id.clone()).collect();
        Ok(Export { workspace, survey, filter, documents, questions, keys, newest, after: None })
    }

    /// The next rows of an export; none at its end.
    pub async fn export_page(&self, export: &mut Export) -> Result<Vec<ResponseRow>, Error> {
        let Some(newest) = export.newest else { return Ok(Vec::new()) };
        let mut page = PageBuilder::new(EXPORT_PAGE);
        self.scan((export.workspace, export.survey), &export.filter, export.after, |row| {
            if row.display.id > newest {
                return ControlFlow::Continue(());
            }
            page.push(row.display.id, || row)
        })
        .await?;
        let Page { items, next } = page.finish();
        export.after = next;
        if next.is_none() {
            export.newest = None;
        }
        Ok(items)
    }
}
