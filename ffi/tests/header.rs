//! The committed header is what the sources make of it.

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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/bayplan.h");
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
