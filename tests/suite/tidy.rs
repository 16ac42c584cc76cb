//! Rules about the code itself: who may use whom, how long a file is, that what documents name is
//! there, that no plugin is half there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Modules of the core and which of its other modules each may use. Tests may use everything.
const LAYERS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("objects", &["base"]),
    ("plugins", &["base", "objects", "profile"]),
    ("profile", &["base", "objects", "plugins"]),
    ("state", &["base", "objects"]),
    ("column", &["base", "state"]),
    ("audit", &["base", "objects"]),
    ("cycle", &["base", "objects", "plugins", "profile"]),
    ("explain", &["base", "objects", "plugins", "profile", "cycle"]),
    ("view", &["base", "objects", "plugins", "profile", "state", "column", "cycle"]),
    (
        "preemption",
        &["base", "objects", "plugins", "profile", "state", "column", "cycle", "explain", "view"],
    ),
    ("controllers", &["base", "objects", "plugins", "profile"]),
    (
        "scheduler",
        &[
            "base",
            "objects",
            "plugins",
            "profile",
            "state",
            "column",
            "cycle",
            "explain",
            "view",
            "preemption",
            "queue",
            "controllers",
        ],
    ),
    ("batch", &["base", "objects", "state", "cycle", "scheduler"]),
    (
        "extender",
        &["base", "objects", "plugins", "profile", "state", "cycle", "explain", "scheduler"],
    ),
    (
        "plan",
        &[
            "batch",
            "base",
            "objects",
            "plugins",
            "profile",
            "state",
            "column",
            "cycle",
            "explain",
            "view",
            "preemption",
            "queue",
            "controllers",
            "scheduler",
            "audit",
        ],
    ),
];

/// What a fast rule may use besides what its plugin may.
const FOR_FAST: &[&str] = &["state", "column"];

/// What a plain rule must not know, nor anything below the decision cycle.
const NOT_FOR_PLAIN: &[&str] = &["state", "class", "column", "view", "cycle", "preemption", "plan"];

/// Modules that only know decisions, never files or sockets or clocks.
const NOT_FOR_CORE: &[&str] = &["std::fs", "std::net", "std::env", "std::process", "SystemTime"];

/// The longest file that is still read.
const LINES_MAX: usize = 800;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").into()
}

/// Every Rust file below a folder, in order of the paths, with its text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut folders = vec![root().join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("sources are UTF-8");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The part of a file that is no test, without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let code = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    code.filter(|line| !line.trim_start().starts_with("//"))
}

/// Top-level modules of the core that a file of it names, as `crate::name`.
fn modules_used(text: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for line in code(text) {
        for rest in line.split("crate::").skip(1) {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            used.insert(rest[..end].to_owned());
        }
    }
    used
}

/// The first module of a path of the core: `plugins` for `core/src/plugins/reason.rs`.
fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("core/src")).expect("a file of the core");
    let first = inside.iter().next().expect("a file name").to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

fn check(rule: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{rule}:\n  {}", offences.join("\n  "));
}

#[test]
fn a_layer_uses_only_those_below_it() {
    let layers: BTreeMap<_, _> = LAYERS.iter().copied().collect();
    let mut offences = Vec::new();
    for (path, text) in sources("core/src") {
        let module = module_of(&path);
        let Some(allowed) = layers.get(module.as_str()) else { continue };
        let is_fast_rule = module == "plugins" && path.ends_with("fast.rs");
        for used in modules_used(&text) {
            let known = layers.contains_key(used.as_str());
            let for_fast = is_fast_rule && FOR_FAST.contains(&&*used);
            if known && used != module && !allowed.contains(&&*used) && !for_fast {
                offences.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    check("a layer uses what it must not know", &offences);
}

/// The files of that name, one in each plugin's folder.
fn rules(file: &str) -> impl Iterator<Item = (PathBuf, String)> {
    sources("core/src/plugins").into_iter().filter(move |(path, _)| path.ends_with(file))
}

#[test]
fn a_plain_rule_knows_objects_only() {
    let mut offences = Vec::new();
    for (path, text) in rules("plain.rs") {
        let used = modules_used(&text);
        let bad = NOT_FOR_PLAIN.iter().filter(|module| used.contains(**module));
        offences.extend(bad.map(|module| format!("{} uses {module}", path.display())));
        if code(&text).any(|line| line.contains("super::fast")) {
            offences.push(format!("{} uses fast.rs", path.display()));
        }
    }
    check("a plain rule judges the fast one and must not know it", &offences);
}

#[test]
fn a_fast_rule_knows_neither_the_plain_one_nor_other_plugins() {
    let mut offences = Vec::new();
    for (path, text) in rules("fast.rs") {
        if code(&text).any(|line| line.contains("super::plain")) {
            offences.push(format!("{} uses plain.rs", path.display()));
        }
        let others = code(&text).filter_map(|line| line.split("crate::plugins::").nth(1));
        let shared = ["Plugin", "reason", "{"];
        let bad = others.filter(|rest| !shared.iter().any(|shared| rest.starts_with(shared)));
        offences.extend(bad.map(|rest| format!("{} uses {rest}", path.display())));
    }
    check("a fast rule stands for itself", &offences);
}

#[test]
fn the_core_does_no_input_or_output_and_reads_no_clock() {
    let mut offences = Vec::new();
    for (path, text) in sources("core/src") {
        let bad = NOT_FOR_CORE.iter().filter(|word| code(&text).any(|line| line.contains(**word)));
        offences.extend(bad.map(|word| format!("{} uses {word}", path.display())));
    }
    check("the core is a function of its input", &offences);
}

#[test]
fn no_file_is_too_long_to_read() {
    let folders = ["core", "cli", "ffi", "datasets", "tests", "benches"];
    let files = folders.into_iter().flat_map(sources);
    let long = files.filter(|(_, text)| text.lines().count() > LINES_MAX);
    let offences: Vec<_> = long.map(|(path, _)| path.display().to_string()).collect();
    check("files over 800 lines", &offences);
}

#[test]
fn every_path_that_the_documents_name_is_there() {
    let mut offences = Vec::new();
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"] {
        let text = fs::read_to_string(root().join(document)).expect("the document is there");
        for quoted in text.split('`').skip(1).step_by(2) {
            let is_path = quoted.contains('/') && !quoted.contains([' ', '<', '*', '{', ':']);
            let ours = ["core", "cli", "ffi", "datasets", "tests", "benches", ".ci", "."];
            let first = quoted.split('/').next().unwrap_or_default();
            if is_path && ours.contains(&first) && !root().join(quoted).exists() {
                offences.push(format!("{document}: {quoted}"));
            }
        }
    }
    check("paths that are not there", &offences);
}

#[test]
fn every_plugin_is_whole_and_in_the_table() {
    let folder = root().join("core/src/plugins");
    let table = fs::read_to_string(folder.join("mod.rs")).expect("the table is there");
    let mut offences = Vec::new();
    for entry in fs::read_dir(&folder).expect("the plugins are there").flatten() {
        if !entry.path().is_dir() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        for file in ["mod.rs", "plain.rs"] {
            if !entry.path().join(file).is_file() {
                offences.push(format!("{name} has no {file}"));
            }
        }
        if !table.contains(&format!("mod {name};")) || !table.contains(&format!("{name}::plain")) {
            offences.push(format!("{name} is missing from the table in plugins/mod.rs"));
        }
    }
    check("a plugin is half there", &offences);
}
