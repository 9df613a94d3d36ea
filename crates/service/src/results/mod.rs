//! Results: rows, and what they come to. Everything is read in pages, newest first; nothing is held but the page and the
//! sums.

mod aggregate;
mod changes;
pub mod export;
mod filter;

use std::ops::ControlFlow;
use std::sync::Arc;

use sonde_core::answer::Answer;
use sonde_core::display::forget;
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::time::Timestamp;
use sonde_core::user::UserRef;
use sonde_storage::{ResponseQuery, ResponseRow};

use crate::error::Error;
use crate::users::ATTEMPTS_MAX;
use crate::{Engine, Service};

pub use aggregate::{ChoiceResult, Day, Figures, Funnel, Nps, PropertyKeys, QuestionResult, Results, TextAnswer};
pub(crate) use changes::ResponseChanges;
pub use changes::ResponseWatch;
pub use filter::{ResultsFilter, RowCondition, Source, state_name};

/// Rows read at a time while looking through all of them.
const SCAN_PAGE: u32 = 500;

/// One page, newest first.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next one begins, if there is one.
    pub next: Option<DisplayId>,
}

impl<E: Engine> Service<E> {
    /// Goes through the rows of a survey that pass a filter, newest first, until told to stop.
    async fn scan(
        &self,
        (workspace, survey): (WorkspaceId, SurveyId),
        filter: &ResultsFilter,
        mut after: Option<DisplayId>,
        mut visit: impl FnMut(ResponseRow) -> ControlFlow<()> + Send,
    ) -> Result<(), Error> {
        let now = self.now();
        loop {
            let query = ResponseQuery { workspace, survey: Some(survey), newest_first: true, after, limit: SCAN_PAGE };
            let page = self.engine.responses(&query).await?;
            let is_last = page.len() < SCAN_PAGE as usize;
            after = page.last().map(|row| row.display.id);
            for mut row in page {
                row.display.state = row.display.state_at(now);
                if filter.passes(&row.display) && visit(row).is_break() {
                    return Ok(());
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// What the rows of a survey come to.
    pub async fn results(&self, workspace: WorkspaceId, survey: SurveyId, filter: &ResultsFilter) -> Result<Results, Error> {
        let documents = self.documents_of(workspace, survey).await?;
        let mut sums = aggregate::Sums::default();
        self.scan((workspace, survey), filter, None, |row| {
            sums.add(&row.display);
            ControlFlow::Continue(())
        })
        .await?;
        Ok(sums.finish(&documents))
    }

    /// One page of rows.
    pub async fn response_page(
        &self,
        workspace: WorkspaceId,
        survey: SurveyId,
        filter: &ResultsFilter,
        after: Option<DisplayId>,
        limit: usize,
    ) -> Result<Page<ResponseRow>, Error> {
        self.survey_record(workspace, survey).await?;
        let mut page = PageBuilder::new(limit);
        self.scan((workspace, survey), filter, after, |row| page.push(row.display.id, || row)).await?;
        Ok(page.finish())
    }

    /// How many rows a survey has.
    pub async fn response_total(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<u64, Error> {
        let counts = self.engine.response_counts(workspace).await?;
        Ok(counts.into_iter().find(|(id, _)| *id == survey).map_or(0, |(_, counts)| counts.shown))
    }

    /// One row.
    pub async fn response(&self, workspace: WorkspaceId, survey: SurveyId, display: DisplayId) -> Result<ResponseRow, Error> {
        let row = self.engine.response(workspace, display).await?;
        let mut row = row.filter(|row| row.display.survey == survey).ok_or(Error::NotFound("response"))?;
        row.display.state = row.display.state_at(self.now());
        Ok(row)
    }

    /// Deletes a row for good, and what was answered with it. That the user was asked is not forgotten.
    pub async fn delete_response(self: &Arc<Self>, workspace: WorkspaceId, survey: SurveyId, display: DisplayId) -> Result<(), Error> {
        let row = self.response(workspace, survey, display).await?;
        // The row last: what a crash cuts short can be done again.
        self.forget_display(&row.user, display).await?;
        self.engine.delete_response(workspace, display).await?;
        self.responses_changed(workspace, survey);
        Ok(())
    }

    async fn forget_display(self: &Arc<Self>, user: &UserRef, display: DisplayId) -> Result<(), Error> {
        for _ in 0..ATTEMPTS_MAX {
            let (user, state, display) = match self.load_begun(user, display).await {
                Err(Error::NotFound(_)) => return Ok(()),
                found => found?,
            };
            let Some(change) = forget(&user, &state, &display) else { return Ok(()) };
            if self.store(change).await? {
                return Ok(());
            }
        }
        Err(Error::Busy { retry_after_secs: 1 })
    }

    /// The texts answered to a question, also those typed for an option; only those that contain `search`, without regard
    /// to case.
    pub async fn answer_texts(
        &self,
        (workspace, survey): (WorkspaceId, SurveyId),
        question: &str,
        search: &str,
        after: Option<DisplayId>,
        limit: usize,
    ) -> Result<Page<TextAnswer>, Error> {
        self.survey_record(workspace, survey).await?;
        let search = search.trim().to_lowercase();
        let mut page = PageBuilder::new(limit);
        self.scan((workspace, survey), &ResultsFilter::default(), after, |row| {
            let display = &row.display;
            match display.answers.get(question).and_then(text_of) {
                Some(text) if search.is_empty() || text.to_lowercase().contains(&search) => {
                    page.push(display.id, || TextAnswer { display: display.id, text: text.to_owned(), at: answered_at(display) })
                }
                _ => ControlFlow::Continue(()),
            }
        })
        .await?;
        Ok(page.finish())
    }
}

/// What was typed, unless it is blank.
fn text_of(answer: &Answer) -> Option<&str> {
    let text = match answer {
        Answer::Text(text) => text,
        Answer::Choice { other_text, .. } => other_text.as_ref()?,
        Answer::Number(_) => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

fn answered_at(display: &sonde_core::display::Display) -> Timestamp {
    display.completed_at.or(display.first_answered_at).unwrap_or(display.updated_at)
}

/// Takes one item more than fit, to know whether there is a next page.
struct PageBuilder<T> {
    limit: usize,
    items: Vec<T>,
    last: Option<DisplayId>,
    has_more: bool,
}

impl<T> PageBuilder<T> {
    fn new(limit: usize) -> Self {
        Self { limit, items: Vec::new(), last: None, has_more: false }
    }

    fn push(&mut self, id: DisplayId, item: impl FnOnce() -> T) -> ControlFlow<()> {
        if self.items.len() == self.limit {
            self.has_more = true;
            return ControlFlow::Break(());
        }
        self.items.push(item());
        self.last = Some(id);
        ControlFlow::Continue(())
    }

    fn finish(self) -> Page<T> {
        Page { items: self.items, next: self.last.filter(|_| self.has_more) }
    }
}

#[cfg(test)]
mod tests;
