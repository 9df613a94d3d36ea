//! The contract suite: what every engine promises, as tests that every engine runs.
//!
//! An engine's tests implement [`Harness`] and call [`engine_contract!`](crate::engine_contract) once; each case becomes
//! an ordinary test.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "these are tests, only called from elsewhere")]

pub mod accounts;
pub mod catalogue;
pub mod changes;
pub mod cohorts;
pub mod erasures;
pub mod events;
mod fixtures;
pub mod merges;
pub mod model;
pub mod notes;
pub mod responses;
pub mod surveys;
pub mod triggers;

use crate::{Accounts, Activity, Catalogue, Responses};

/// How the suite makes an engine and takes it through a crash.
pub trait Harness: Send + Sync + 'static {
    /// The engine.
    type Engine: Accounts + Activity + Catalogue + Responses;

    /// A new engine that stores nothing yet.
    fn create() -> Self;

    /// The engine.
    fn engine(&self) -> &Self::Engine;

    /// Lets the engine die without any clean-up, at a moment when no call is under way, and opens what is left of it.
    fn crash(&mut self);

    /// Stops the engine cleanly, and opens it again.
    fn reopen(&mut self);
}

/// Runs one case; the macro's business.
pub fn run<F: Future<Output = ()>>(case: impl FnOnce() -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime for the test").block_on(case());
}

/// Makes a test of every case of the contract for a [`Harness`](crate::contract::Harness) that is in scope.
#[macro_export]
macro_rules! engine_contract {
    ($harness:ident) => {
        $crate::engine_contract! { @modules $harness
            events {
                an_unknown_user_has_nothing
                an_event_is_loaded_as_it_came
                numbers_keep_their_text
                an_event_is_found_by_its_id
                the_same_event_is_stored_once
                an_id_is_remembered_over_days
                of_concurrent_appends_with_one_id_one_is_stored
                events_come_newest_first_and_ties_go_to_the_later_receipt
                the_newest_hundred_of_each_trigger_are_loaded
                the_newest_count_by_effective_time_over_all_days
                events_older_than_a_hundred_hours_are_not_loaded
                a_bucket_is_dropped_exactly_a_hundred_hours_after_its_day
                users_with_hostile_ids_are_kept_apart
                events_survive_a_crash_and_the_order_of_receipt_goes_on
                large_events_and_large_groups_are_stored
            }
            changes {
                a_change_is_stored_as_a_whole
                a_change_from_another_version_stores_nothing
                of_two_changes_in_one_group_the_first_is_stored
                of_64_concurrent_changes_one_is_stored
                everything_of_a_state_is_kept
                everything_of_a_display_is_kept
                a_display_belongs_to_its_user
                a_mark_is_kept_once_and_goes_with_its_bucket
                a_cancelled_event_is_marked_once
                a_stale_change_cancels_nothing
                changes_survive_a_crash
            }
            merges {
                a_merge_is_seen_at_once_and_stays_as_it_is_copied
                a_merge_of_an_unknown_user_sets_the_alias
                a_large_merge_is_copied_in_steps_over_crashes
                a_repeated_merge_changes_nothing
                an_alias_of_one_user_is_never_that_of_another
                only_an_anonymous_user_becomes_an_alias
                events_of_an_alias_go_to_the_user
                event_ids_are_known_in_both_places
                of_several_users_with_one_event_id_the_first_merged_counts
                cancelled_events_stay_cancelled_over_a_merge
                a_display_changed_while_merging_is_not_overwritten
                a_stale_change_of_the_anonymous_user_is_refused
                a_merge_sees_earlier_writes_of_its_group
                a_claim_cancelled_by_a_merge_no_longer_matches
            }
            erasures {
                an_erased_user_is_as_one_nobody_has_heard_of
                a_large_erasure_is_done_in_steps_over_crashes
                no_change_made_before_an_erasure_is_stored_after_it
                aliases_are_erased_with_their_user
                an_anonymous_user_is_erased
                an_erasure_sees_earlier_writes_of_its_group
                responses_are_deleted_with_their_user
                responses_are_anonymised
                displays_of_a_user_are_listed_newest_first
                all_events_of_a_user_are_listed
                the_latest_time_is_known_after_a_crash
            }
            triggers {
                stored_events_are_counted_and_duplicates_are_not
                observations_are_counted_apart_from_events
                property_keys_are_learnt_with_their_types
                examples_of_values_are_kept
                days_are_counted_one_by_one
                property_keys_are_limited
                backend_triggers_are_limited
                frontend_triggers_are_limited
                triggers_are_listed_by_kind_and_name
                after_a_crash_counts_equal_the_stored_events
                attributes_are_learnt_with_types_and_examples
                names_of_attributes_are_limited
            }
            notes {
                refusals_are_kept_as_they_were
                refusals_are_counted_and_limited
                refusals_follow_a_merge
                decisions_are_counted_by_day_and_reason
                users_are_gone_over_in_pages
                an_alias_is_not_gone_over
                there_may_be_no_users
            }
            responses {
                only_what_was_shown_is_a_response
                a_response_is_the_latest_state_never_twice
                responses_come_in_order_and_in_pages
                responses_are_kept_apart_by_survey_and_workspace
                after_a_merge_a_response_is_the_users
                responses_survive_a_crash
                old_responses_are_deleted_in_steps
                responses_come_newest_first
                a_deleted_response_stays_deleted
                responses_are_counted_by_survey
                what_was_completed_stays_counted
            }
            surveys {
                a_stale_draft_is_refused
                a_survey_is_launched_once
                only_an_unpublished_survey_is_deleted
                versions_are_listed
            }
            cohorts {
                cohorts_are_kept_as_they_were_written
                cohorts_are_limited_and_deleted
            }
            catalogue {
                a_workspace_is_created_with_its_keys
                a_workspace_is_created_as_a_whole_or_not_at_all
                an_owner_is_known_by_address
                a_workspace_can_be_changed
                keys_are_added_up_to_a_limit_and_revoked
                identity_secrets_are_kept_up_to_a_limit
                the_last_use_of_keys_is_noted
                what_was_decided_about_triggers_is_kept
                the_token_secret_never_changes
                a_survey_begins_as_a_draft
                versions_have_no_gaps_and_never_change
                what_is_not_there_cannot_be_changed
                surveys_are_kept_apart_by_workspace
                the_catalogue_survives_a_crash
            }
            accounts {
                an_owner_becomes_a_member
                sessions_are_kept_until_they_end
                a_new_password_ends_the_other_sessions
                accounts_survive_a_crash
            }
            model {
                any_history_ends_as_the_model_says
            }
        }
    };
    (@modules $harness:ident $($module:ident { $($case:ident)* })*) => {
        $(
            mod $module {
                use super::$harness;
                $(
                    #[test]
                    fn $case() {
                        $crate::contract::run($crate::contract::$module::$case::<$harness>);
                    }
                )*
            }
        )*
    };
}

#[cfg(test)]
mod tests {
    use crate::memory::MemoryStore;

    struct Model(MemoryStore);

    impl super::Harness for Model {
        type Engine = MemoryStore;

        fn create() -> Self {
            Self(MemoryStore::new())
        }

        fn engine(&self) -> &MemoryStore {
            &self.0
        }

        fn crash(&mut self) {
            self.0 = self.0.clone();
        }

        fn reopen(&mut self) {
            self.crash();
        }
    }

    crate::engine_contract!(Model);
}
