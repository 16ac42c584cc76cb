//! Every engine decides as kube-scheduler did: one table of recordings, for all of them.

use bayplan_tests::conformance::report::Report;
use bayplan_tests::conformance::{PerfInputs, Way, golden, judge};
use std::env;
use std::path::{Path, PathBuf};

/// Differences shown where a test fails.
const SHOW: usize = 5;

fn check(recordings: PathBuf, way: Way) {
    let mut report = Report::new(SHOW);
    judge(&[recordings], &PerfInputs::default(), way, &mut report).expect("recordings are read");
    let shown = report.shown().join("\n\n");
    assert!(report.decisions() > 0, "there is no recording");
    assert_eq!(report.mismatches(), 0, "{way:?} decides otherwise:\n{shown}\n\n{report}");
    assert_eq!(report.skipped(), 0, "{way:?} leaves cases out:\n{report}");
}

#[test]
fn the_plain_rules_decide_as_recorded() {
    check(golden(), Way::Plain);
}

#[test]
fn columns_decide_as_recorded() {
    check(golden(), Way::Fast);
}

#[test]
fn columns_made_anew_for_every_question_decide_as_recorded() {
    check(golden(), Way::Anew);
}

/// Where the whole recording is, if it is on this machine.
fn whole_recording() -> Option<PathBuf> {
    let named = env::var_os("BAYPLAN_DATA").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
    Some(named.unwrap_or_else(beside)).filter(|folder| folder.is_dir())
}

#[test]
fn the_whole_recording_is_met_where_it_is_at_hand() {
    if cfg!(debug_assertions) {
        println!("skipped: the whole recording is for optimised builds");
        return;
    }
    let Some(folder) = whole_recording() else {
        println!("skipped: BAYPLAN_DATA names no folder with the whole recording");
        return;
    };
    check(folder.clone(), Way::Fast);
    check(folder, Way::Plain);
}
