//! What the shared library shows to the linker.

use crate::build::{self, Tool};
use std::collections::BTreeSet;

/// Names of the functions that the header declares.
fn declared() -> BTreeSet<String> {
    let header = std::fs::read_to_string(build::root().join("include/bayplan.h")).expect("there");
    let code = header.split("*/").map(|part| part.split("/*").next().unwrap_or_default());
    let mut names = BTreeSet::new();
    for part in code.collect::<String>().split("BAYPLAN_API").skip(1) {
        let before = part.split('(').next().unwrap_or_default();
        let name = before.rsplit([' ', '*', '\n']).next().unwrap_or_default();
        if name.starts_with("bayplan_") {
            names.insert(name.to_owned());
        }
    }
    names
}

#[test]
fn the_library_shows_what_the_header_declares_and_nothing_else() {
    let Some(mut nm) = Tool::Nm.command() else { return };
    let library = build::libraries().join("libbayplan.so");
    let listed = build::run(nm.args(["-D", "--defined-only", "--format=posix"]).arg(library));
    let shown: BTreeSet<_> =
        listed.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    assert!(shown.len() > 50, "{listed}");
    assert_eq!(shown, declared());
}

#[test]
fn the_library_has_a_name_with_its_version() {
    let Some(mut readelf) = Tool::Readelf.command() else { return };
    let dynamic = build::run(readelf.arg("-d").arg(build::libraries().join("libbayplan.so")));
    assert!(dynamic.contains("Library soname: [libbayplan.so.0.1]"), "{dynamic}");
}

#[test]
fn the_library_can_be_linked_with_versions_on_its_symbols() {
    let (Some(mut gcc), Some(mut nm)) = (Tool::Gcc.command(), Tool::Nm.command()) else { return };
    let library = build::scratch("versioned").join("libbayplan.so.0.1");
    let map = build::root().join("bayplan.map");
    gcc.args(["-shared", "-Wl,-soname,libbayplan.so.0.1", "-Wl,--gc-sections"]);
    gcc.arg(format!("-Wl,--version-script={}", map.display()));
    gcc.arg("-Wl,--whole-archive").arg(build::libraries().join("libbayplan.a"));
    gcc.args(["-Wl,--no-whole-archive", "-lpthread", "-ldl", "-lm", "-lgcc_s"]);
    build::run(gcc.arg("-o").arg(&library));
    let listed = build::run(nm.args(["-D", "--defined-only", "--format=posix"]).arg(&library));
    let functions = listed.lines().filter(|line| line.starts_with("bayplan_"));
    let versioned = functions.clone().filter(|line| line.contains("@@BAYPLAN_0.1 "));
    assert_eq!(versioned.count(), declared().len(), "{listed}");
    assert_eq!(
        functions.count() + 1,
        listed.lines().count(),
        "the version and nothing else: {listed}"
    );
    std::fs::remove_file(library).expect("it was made");
}
