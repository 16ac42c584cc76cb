//! The header: the committed one is what the sources make, and every compiler takes it.

use crate::build::{self, Tool};
use std::path::Path;

/// The header that the sources make.
fn fresh() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("a configuration");
    let bindings = cbindgen::generate_with_config(root, config).expect("sources that can be read");
    let mut header = Vec::new();
    bindings.write(&mut header);
    String::from_utf8(header).expect("a text")
}

#[test]
fn the_committed_header_is_the_one_that_the_sources_make() {
    let path = build::root().join("include/bayplan.h");
    let fresh = fresh();
    if std::env::var_os("BAYPLAN_BLESS").is_some() {
        std::fs::write(&path, &fresh).expect("the header can be written");
    }
    let committed = std::fs::read_to_string(&path).expect("the header is there");
    let differs = committed.lines().zip(fresh.lines()).position(|(a, b)| a != b);
    assert!(
        committed == fresh,
        "include/bayplan.h is not up to date from line {:?} on; BAYPLAN_BLESS=1 writes it",
        differs.map(|line| line + 1)
    );
}

/// Compiles a program that does nothing but include the header twice.
fn check(compiler: Tool, language: &str, standard: &str) {
    let Some(mut command) = compiler.command() else { return };
    let source = build::scratch("header").join(format!("twice-{standard}.{language}"));
    let text = "#include <bayplan.h>\n#include <bayplan.h>\n\
                int main(void) { return bayplan_abi_version() == BAYPLAN_ABI_VERSION ? 0 : 1; }\n";
    std::fs::write(&source, text).expect("the program can be written");
    command.arg(format!("-std={standard}")).args(build::WARNINGS).arg("-fsyntax-only");
    build::run(command.arg("-I").arg(build::root().join("include")).arg(&source));
}

#[test]
fn the_header_is_c99_c11_and_cpp17_without_a_warning() {
    for compiler in [Tool::Gcc, Tool::Clang] {
        for standard in ["c99", "c11", "c17"] {
            check(compiler, "c", standard);
        }
    }
    for compiler in [Tool::Gpp, Tool::Clangpp] {
        for standard in ["c++17", "c++20"] {
            check(compiler, "cpp", standard);
        }
    }
}
