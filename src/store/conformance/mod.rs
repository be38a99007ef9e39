//! What every store keeps, clause by clause. A backend's own tests say how to open one, and what is its own.
//!
//! [`suite!`] makes a test of each clause. Each check has a new store, and fails by panicking. `broken` shows that each clause
//! can fail, and alone.

#![forbid(unsafe_code)]

mod broken;
mod caps;
mod closing;
mod creating;
mod dropping;
mod ending;
mod expiry;
pub(crate) mod harness;
mod imports;
mod lifetimes;
mod probe;
mod regenerating;
mod revoking;
mod saving;
mod shelf;
mod sizes;
mod sweeping;
mod users;

pub(crate) use harness::{Harness, ManualClock, block_on};
use probe::Probe;
pub(crate) use shelf::ShelfHarness;

/// One thing that a store is checked for.
type Check = fn(&mut Probe);

/// Makes harnesses: each with a new, empty store.
pub(crate) type Factory<'a> = &'a (dyn Fn() -> Box<dyn Harness> + Sync);

/// The clauses of [`SessionStore`](super::SessionStore), and what each is checked by.
const CLAUSES: [(&str, &[Check]); 13] = [
    (
        "S1",
        &[
            creating::a_taken_key_stays_as_it_is,
            creating::an_ended_key_stays_ended,
            creating::what_is_not_created_evicts_nobody,
        ],
    ),
    ("S2", &[expiry::it_is_there_until_then, expiry::then_it_is_absent]),
    (
        "S3",
        &[
            saving::the_expected_version_is_changed,
            saving::a_label_stays_until_there_is_another,
            saving::another_version_is_a_conflict,
            saving::nothing_is_created,
            saving::one_call_of_many_changes,
            saving::no_update_of_a_thread_is_lost,
        ],
    ),
    (
        "S4",
        &[
            ending::it_may_be_repeated,
            ending::what_never_was_ends_too,
            ending::until_the_tombstone_has_passed_nothing_is_written,
            ending::a_tombstone_is_never_shortened,
            ending::several_end_in_one_call,
            ending::it_wins_over_the_writes_of_a_task,
            ending::it_wins_over_the_saves_of_threads,
        ],
    ),
    (
        "S5",
        &[
            lifetimes::a_new_session_is_stamped,
            lifetimes::a_user_without_an_age_signed_in_now,
            lifetimes::the_absolute_end_bounds_the_idle_one,
            lifetimes::a_save_begins_the_idle_time_again,
            lifetimes::a_save_gives_a_new_lifetime,
            lifetimes::a_touch_never_creates,
            lifetimes::a_touch_begins_the_idle_time_again_and_no_more,
            lifetimes::no_touch_passes_the_absolute_end,
            lifetimes::no_touch_goes_back,
            lifetimes::no_touch_undoes_a_save,
        ],
    ),
    (
        "S6",
        &[
            sizes::any_bytes_come_back,
            sizes::several_come_back_in_the_order_of_the_keys,
            sizes::what_is_too_large_is_not_written,
        ],
    ),
    (
        "S7",
        &[
            creating::one_call_of_many_creates,
            creating::one_thread_of_many_creates,
            imports::it_is_begun_and_done_once,
            imports::a_record_is_created_only_while_it_is_open,
            imports::what_is_not_created_leaves_it_open,
            imports::it_can_be_ended_without_a_record,
            imports::all_who_race_meet_one_tag,
            imports::one_racer_makes_the_record,
            imports::markers_are_kept_as_long_as_was_said,
        ],
    ),
    ("S8", &[closing::all_is_there_after_opening_again]),
    ("S9", &[closing::every_call_says_that_it_is_closed, closing::closing_leaves_no_call_hanging]),
    (
        "S10",
        &[
            users::each_user_has_their_own,
            users::many_are_found,
            users::the_oldest_comes_first,
            users::a_list_shows_what_the_records_hold,
            users::a_moved_end_is_found,
            users::what_ended_is_not_listed,
            users::revoking_spares_one_and_leaves_tombstones,
        ],
    ),
    (
        "S11",
        &[
            dropping::a_creation_is_whole,
            dropping::a_save_is_whole,
            dropping::a_deletion_is_whole,
            dropping::a_regeneration_is_whole,
            dropping::a_revocation_is_whole,
            dropping::an_import_is_whole,
            dropping::nothing_is_used_up,
        ],
    ),
    (
        "S12",
        &[
            sweeping::it_is_bounded_and_counts,
            sweeping::what_is_no_session_is_not_counted,
            sweeping::what_has_not_expired_stays,
        ],
    ),
    (
        "S13",
        &[
            regenerating::the_old_one_ends_and_the_new_one_begins,
            regenerating::what_it_cannot_do_changes_nothing,
            regenerating::its_own_place_is_free,
            regenerating::one_call_of_many_regenerates,
            regenerating::one_thread_of_many_regenerates,
            regenerating::a_save_loses_or_wins,
            regenerating::a_deletion_ends_the_old_one_or_comes_too_late,
            caps::a_full_account_refuses,
            caps::the_oldest_are_evicted,
            caps::what_has_expired_takes_no_place,
            caps::it_holds_for_the_calls_of_a_task,
            caps::it_holds_for_threads,
            revoking::an_older_proof_is_refused,
            revoking::so_is_one_that_moves,
            revoking::it_holds_for_everybody_who_was_revoked,
            revoking::it_is_remembered_as_long_as_was_said,
            revoking::a_later_one_replaces_an_earlier_one,
            revoking::no_creation_of_a_task_slips_through,
            revoking::no_creation_of_a_thread_slips_through,
        ],
    ),
];

/// Runs the checks of one clause.
pub(crate) fn check(clause: &str, factory: Factory) {
    let (_, checks) = CLAUSES.iter().find(|(name, _)| *name == clause).unwrap();
    for check in *checks {
        check(&mut Probe::new(factory()));
    }
}

/// Tests of all clauses, each over new stores of a function `fn() -> Box<dyn Harness>`.
macro_rules! suite {
    ($factory:expr) => {
        $crate::store::conformance::suite! { $factory;
            s1_create_never_overwrites = "S1",
            s2_what_has_expired_is_absent = "S2",
            s3_save_changes_only_the_version_that_it_expects = "S3",
            s4_what_was_deleted_stays_ended = "S4",
            s5_lifetimes_are_durations = "S5",
            s6_data_comes_back_as_it_was_given = "S6",
            s7_of_two_creations_one_wins = "S7",
            s8_a_persistent_store_keeps_its_records = "S8",
            s9_a_closed_store_says_so = "S9",
            s10_every_session_of_a_user_is_found_and_no_other = "S10",
            s11_a_dropped_call_is_done_or_not = "S11",
            s12_a_sweep_is_bounded_and_counts = "S12",
            s13_regenerating_leaves_one_live_session = "S13",
        }
    };
    ($factory:expr; $($name:ident = $clause:literal,)*) => {
        $(
            #[test]
            fn $name() {
                $crate::store::conformance::check($clause, &|| Box::new($factory()));
            }
        )*
    };
}
pub(crate) use suite;
