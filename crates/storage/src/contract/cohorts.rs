//! Cohorts.

use sonde_core::id::CohortId;

use super::Harness;
use super::catalogue::{kind, new_workspace};
use super::fixtures::{hours, noon, workspace};
use crate::{Catalogue, CohortRecord, Cohorts, StorageErrorKind};

fn cohort(number: u8, of: u8) -> CohortRecord {
    CohortRecord {
        id: CohortId::from_bytes([number; 16]),
        workspace: workspace(of),
        name: format!("größe \"{number}\""),
        description: String::new(),
        condition: "{\"attribute\": \"a\", \"op\": \"exists\"}".to_owned(),
        created_at: noon(),
        updated_at: noon(),
    }
}

/// By id, of their workspace alone, as they were written, and over a crash.
pub async fn cohorts_are_kept_as_they_were_written<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    for number in 1..=2 {
        engine.create_workspace(new_workspace(number, &format!("w{number}"), noon())).await.unwrap();
    }
    assert_eq!(engine.cohorts(workspace(1)).await.unwrap(), []);
    for new in [cohort(2, 1), cohort(1, 1), cohort(3, 2)] {
        engine.create_cohort(new, 9).await.unwrap();
    }
    let later = noon() + hours(1);
    let changed =
        CohortRecord { name: "new".to_owned(), description: "why".to_owned(), created_at: later, updated_at: later, ..cohort(2, 1) };
    engine.update_cohort(changed.clone()).await.unwrap();
    harness.crash();
    let kept = harness.engine().cohorts(workspace(1)).await.unwrap();
    assert_eq!(kept, [cohort(1, 1), CohortRecord { created_at: noon(), ..changed }]);
}

/// And not through another workspace.
pub async fn cohorts_are_limited_and_deleted<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    assert_eq!(kind(engine.create_cohort(cohort(1, 1), 9).await), StorageErrorKind::NotFound);
    for number in 1..=2 {
        engine.create_workspace(new_workspace(number, &format!("w{number}"), noon())).await.unwrap();
    }
    engine.create_cohort(cohort(1, 1), 1).await.unwrap();
    assert_eq!(kind(engine.create_cohort(cohort(2, 1), 1).await), StorageErrorKind::AlreadyExists);
    engine.create_cohort(cohort(3, 2), 1).await.unwrap();
    assert_eq!(kind(engine.update_cohort(cohort(1, 2)).await), StorageErrorKind::NotFound);
    assert_eq!(kind(engine.delete_cohort(workspace(2), cohort(1, 1).id).await), StorageErrorKind::NotFound);
    engine.delete_cohort(workspace(1), cohort(1, 1).id).await.unwrap();
    assert_eq!(kind(engine.delete_cohort(workspace(1), cohort(1, 1).id).await), StorageErrorKind::NotFound);
    assert_eq!(engine.cohorts(workspace(1)).await.unwrap(), []);
    assert_eq!(engine.cohorts(workspace(2)).await.unwrap(), [cohort(3, 2)]);
}
