//! The tutorial, in every language: the same story, the same words.

use crate::build::{self, Program, Tool, with_library};

/// What every tutorial prints.
const STORY: &str = include_str!("../../examples/expected.txt");

const C: Program<'_> = Program {
    compiler: Tool::Gcc,
    standard: "c99",
    sources: &["examples/c/tutorial.c"],
    flags: &[],
    is_static: false,
};

#[test]
fn the_c_tutorial_tells_the_story() {
    for (compiler, name) in [(Tool::Gcc, "tutorial-gcc"), (Tool::Clang, "tutorial-clang")] {
        if let Some(program) = (Program { compiler, ..C }).build(name) {
            assert_eq!(build::run(&mut with_library(program)), STORY);
        }
    }
}

#[test]
fn a_program_can_have_the_library_inside() {
    if let Some(program) = (Program { is_static: true, ..C }).build("tutorial-static") {
        assert_eq!(build::run(&mut std::process::Command::new(program)), STORY);
    }
}

#[test]
fn the_cpp_tutorial_tells_the_story() {
    let (sources, standard) = (&["examples/cpp/tutorial.cpp"], "c++17");
    for (compiler, name) in [(Tool::Gpp, "tutorial-g++"), (Tool::Clangpp, "tutorial-clang++")] {
        if let Some(program) = (Program { compiler, sources, standard, ..C }).build(name) {
            assert_eq!(build::run(&mut with_library(program)), STORY);
        }
    }
}

#[test]
fn the_python_tutorial_tells_the_story() {
    let Some(python) = Tool::Python.command() else { return };
    let mut command = with_library(python.get_program());
    command.env("BAYPLAN_LIBRARY", build::libraries().join("libbayplan.so"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let printed = build::run(command.arg(build::root().join("examples/python/tutorial.py")));
    assert_eq!(printed, STORY);
}

#[test]
fn the_go_package_tells_the_story_and_passes_its_tests() {
    let Some(mut go) = Tool::Go.command() else { return };
    let version = build::run(go.args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local"));
    if !is_new_enough(&version) {
        eprintln!("SKIPPED: {} is elder than go1.24", version.trim());
        return;
    }
    let mut command = with_library(go.get_program());
    command.env("GOTOOLCHAIN", "local");
    command.current_dir(build::root().join("examples/go/bayplan"));
    command.env("CGO_ENABLED", "1").env("GOFLAGS", "-mod=mod").env("BAYPLAN_BENCH_NODES", "50");
    command.env("CGO_CFLAGS", format!("-I{}", build::root().join("include").display()));
    command.env("CGO_LDFLAGS", format!("-L{}", build::libraries().display()));
    let arguments = ["test", "-count=1", "-v", "-bench=.", "-benchtime=3x", "./..."];
    let printed = build::run(command.args(arguments));
    for part in ["--- PASS: Example", "--- PASS: TestErrors", "decisions/s"] {
        assert!(printed.contains(part), "{printed}");
    }
    let example =
        std::fs::read_to_string(build::root().join("examples/go/bayplan/example_test.go"));
    let example = example.expect("the example is there").replace("\t// ", "");
    assert!(example.contains(STORY), "the example in Go tells another story");
}

/// Whether this Go knows `runtime.AddCleanup`.
fn is_new_enough(version: &str) -> bool {
    let minor = version.trim().strip_prefix("go1.").and_then(|rest| rest.split('.').next());
    minor.and_then(|minor| minor.parse().ok()).is_some_and(|minor: u32| minor >= 24)
}

#[test]
fn the_first_program_of_the_readme_compiles_and_runs() {
    let readme = std::fs::read_to_string(build::root().join("README.md")).expect("there");
    let code = readme.split("```c\n").nth(1).and_then(|rest| rest.split("```").next());
    let source = build::scratch("readme").join("first.c");
    std::fs::write(&source, code.expect("a program")).expect("it can be written");
    let sources = &[source.to_str().expect("a path")];
    if let Some(program) = (Program { sources, ..C }).build("readme-first") {
        let printed = build::run(&mut with_library(program));
        assert_eq!(printed, "shop/web runs on node-a\n");
        assert!(readme.contains(&printed), "the page says what it prints");
    }
}
