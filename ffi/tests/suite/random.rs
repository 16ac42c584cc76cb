//! Random calls: a little of what `fuzz_calls` does for as long as one likes.

use crate::build;
use std::io::Write;
use std::process::{Command, Stdio};

const FUZZ_CALLS: &str = env!("CARGO_BIN_EXE_fuzz_calls");

#[test]
fn random_calls_find_nothing() {
    let printed = build::run(Command::new(FUZZ_CALLS).args(["--seconds", "5", "--seed", "1"]));
    assert!(printed.contains("no finding"), "{printed}");
    let after = |word: &str| printed.split(word).next()?.trim().rsplit(' ').next()?.parse().ok();
    let successes: Option<u64> = after("did what they say");
    assert!(successes.is_some_and(|count| count > 100), "calls that come to nothing: {printed}");
}

#[test]
fn calls_can_come_from_a_file() {
    let mut child =
        Command::new(FUZZ_CALLS).stdin(Stdio::piped()).spawn().expect("the program starts");
    let bytes: Vec<u8> = (0..2000_u32).map(|at| (at * at % 251) as u8).collect();
    child.stdin.take().expect("a pipe").write_all(&bytes).expect("it reads everything");
    assert!(child.wait().expect("it ends").success());
}
