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
