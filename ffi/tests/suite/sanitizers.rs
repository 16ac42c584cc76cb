//! The rules of the header tried from C, plainly and under everything that finds faults. That a
//! sanitizer is on is shown by a fault on purpose, which it must catch.
//!
//! The library itself is not instrumented (that takes a nightly compiler): memory is still watched
//! by the allocators of AddressSanitizer and valgrind, which it shares with the program.

use crate::build::{self, Program, Tool, with_library};
use std::path::Path;
use std::process::Command;

const RULES: Program<'_> = Program {
    compiler: Tool::Gcc,
    standard: "c11",
    sources: &["tests/c/rules.c"],
    flags: &[],
    is_static: false,
};

/// The call of a program, perhaps by another one that watches it.
fn watched(program: &Path, watcher: Option<(&str, &[&str])>) -> Command {
    let mut command = match watcher {
        None => with_library(program),
        Some((watcher, arguments)) => {
            let mut command = with_library(watcher);
            command.args(arguments).arg(program);
            command
        }
    };
    let suppressions = build::root().join("tests/c/tsan.supp");
    command.env("TSAN_OPTIONS", format!("suppressions={}", suppressions.display()));
    command.env("ASAN_OPTIONS", "detect_leaks=1").env("UBSAN_OPTIONS", "print_stacktrace=1");
    command
}

/// Runs a fault on purpose, which must be told of in these words.
#[track_caller]
fn check_on(program: &Path, watcher: Option<(&str, &[&str])>, fault: &str, told: &str) {
    let output = watched(program, watcher).arg(fault).output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "the {fault} fault was not caught\n{said}");
    assert!(said.contains(told), "{fault}: {said}");
}

#[test]
fn the_rules_of_the_header_hold() {
    for (compiler, name) in [(Tool::Gcc, "rules-gcc"), (Tool::Clang, "rules-clang")] {
        if let Some(program) = (Program { compiler, ..RULES }).build(name) {
            build::run(&mut watched(&program, None));
        }
    }
}

#[test]
fn the_rules_hold_under_address_sanitizer() {
    let flags = ["-fsanitize=address", "-fno-omit-frame-pointer"];
    let Some(program) = (Program { flags: &flags, ..RULES }).build("rules-asan") else { return };
    check_on(&program, None, "address", "AddressSanitizer: heap-buffer-overflow");
    check_on(&program, None, "leak", "LeakSanitizer: detected memory leaks");
    build::run(&mut watched(&program, None));
}

#[test]
fn the_rules_hold_under_undefined_behaviour_sanitizer() {
    let flags = ["-fsanitize=undefined", "-fno-sanitize-recover=all"];
    let Some(program) = (Program { flags: &flags, ..RULES }).build("rules-ubsan") else { return };
    check_on(&program, None, "undefined", "signed integer overflow");
    build::run(&mut watched(&program, None));
}

#[test]
fn threads_that_ask_a_snapshot_do_not_race() {
    let flags = ["-fsanitize=thread"];
    let Some(program) = (Program { flags: &flags, ..RULES }).build("rules-tsan") else { return };
    check_on(&program, None, "thread", "ThreadSanitizer: data race");
    build::run(&mut watched(&program, None));
}

#[test]
fn the_rules_hold_under_valgrind() {
    if Tool::Valgrind.command().is_none() {
        return;
    }
    let Some(program) = RULES.build("rules-valgrind") else { return };
    let arguments =
        ["--quiet", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite"];
    let valgrind = Some(("valgrind", &arguments[..]));
    check_on(&program, valgrind, "address", "Invalid read of size 1");
    check_on(&program, valgrind, "leak", "definitely lost");
    build::run(&mut watched(&program, valgrind));
}
