//! After a restart: is everything there that clients were told?

use std::net::SocketAddr;
use std::sync::Arc;

use super::rows::Rows;
use super::story::{Step, Story, Survey, UNNAMED_TRIGGER};
use super::worker::{CLAIM_AGE_MAX, Gone, Lines, Tally, Worker};
use crate::findings::{Findings, Kind};
use crate::site::Site;

impl Worker {
    /// Holds what this worker was told against the server. `everything`: also what earlier audits have found already.
    /// Returns how many of the rows are this worker's.
    pub(super) async fn audit(mut self, address: SocketAddr, rows: Arc<Rows>, everything: bool) -> (Self, usize) {
        let mut stories = std::mem::take(&mut self.stories);
        let found = stories.iter().map(|story| rows.check(story, &mut self.findings)).sum();
        if let Ok(mut lines) = self.lines(address).await {
            for story in &mut stories {
                if self.audit_story(story, &mut lines, everything).await.is_err() {
                    self.findings.add(Kind::Wrong, "the server went away during an audit");
                    break;
                }
            }
        }
        self.stories = stories;
        (self, found)
    }

    async fn audit_story(&mut self, story: &mut Story, lines: &mut Lines, everything: bool) -> Result<(), Gone> {
        for number in 0..story.events.len() {
            if story.events[number].acknowledged && (everything || !story.events[number].audited) {
                self.send_again(story, number, &mut lines[0]).await?;
                story.events[number].audited = true;
            }
        }
        // A claim that was cut while it was asked for, confirmed or moved may be in either state.
        let unsure = matches!(story.pending_step(), Some(Step::Claim(_) | Step::Confirm | Step::Identify));
        let is_leased = story.current_display().is_some_and(|display| !display.shown && display.claimed.elapsed() < CLAIM_AGE_MAX);
        if is_leased && !unsure {
            self.claim_again(story, &mut lines[1]).await?;
        }
        Ok(())
    }
}

/// The counts of events by trigger: exact for those with an id, of which every unknown one was sent again since.
pub(super) fn check_counts(site: &Site, workers: &[Worker], tally: &Tally, findings: &mut Findings) -> anyhow::Result<()> {
    for survey in [Survey::Always, Survey::UntilCompleted] {
        let stories = workers.iter().flat_map(|worker| &worker.stories).filter(|story| story.survey == survey);
        let (mut told, mut unsure) = (0, 0);
        for story in stories {
            told += story.events.iter().filter(|event| event.acknowledged).count() as u64;
            if let Some(Step::Send(number)) = story.pending_step() {
                unsure += u64::from(!story.events[*number].acknowledged);
            }
        }
        check_count(site, survey.backend_trigger(), told, unsure, findings)?;
    }
    check_count(site, UNNAMED_TRIGGER, tally.unnamed_events, tally.unnamed_unknown, findings)
}

fn check_count(site: &Site, trigger: &str, told: u64, unsure: u64, findings: &mut Findings) -> anyhow::Result<()> {
    let count = site.event_count(trigger)?;
    findings.expect(count >= told, Kind::Lost, || format!("{trigger}: {told} acknowledged, {count} counted"));
    findings.expect(count <= told + unsure, Kind::Doubled, || format!("{trigger}: {told} acknowledged, {unsure} unknown, {count} counted"));
    Ok(())
}
