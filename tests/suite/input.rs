//! Reading manifests: what is tampered with is refused, what people really write is read.

use bayplan::objects::manifest::{Input, Reader};
use std::fs;
use std::path::{Path, PathBuf};

fn read(name: &str, text: &[u8]) -> Input {
    let mut reader = Reader::new();
    reader.read(name, text);
    reader.finish()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Data that lies beside the repository, where somebody has put it there.
fn beside_the_repository(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("BAYPLAN_DATA").map(PathBuf::from);
    let found = root.unwrap_or_else(|| repository().join("..")).join(path);
    if !found.exists() {
        println!("skipped: there is no {}; set BAYPLAN_DATA", found.display());
        return None;
    }
    Some(found)
}

#[test]
fn a_tampered_manifest_gives_the_fault_that_stands_in_its_first_line() {
    let folder = repository().join("tests/tampered");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the entry can be read").path();
        let text = fs::read(&path).expect("the file can be read");
        let first =
            String::from_utf8_lossy(&text[..text.iter().position(|b| *b == b'\n').unwrap()]);
        let expected = first.trim_start_matches("# ").to_owned();
        let faults = read("tampered.yaml", &text).faults;
        let found: Vec<_> =
            faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
        assert!(found.contains(&expected), "{}: {found:#?}", path.display());
        count += 1;
    }
    assert!(count >= 8, "{count} tampered manifests");
}

#[test]
fn a_long_row_of_brackets_is_refused_at_once() {
    for bracket in ["[", "{\"a\":", "- ", "{a: "] {
        let text = bracket.repeat(4_000_000);
        let faults = read("deep", text.as_bytes()).faults;
        assert_eq!(faults.len(), 1, "{bracket}");
    }
}

#[test]
fn real_manifests_are_read_or_refused_with_a_reason() {
    let Some(folder) = beside_the_repository("datasets/manifests") else { return };
    let list = fs::read_to_string(folder.join("MANIFEST.csv")).expect("the list can be read");
    let mut refused = Vec::new();
    for row in list.lines().skip(1) {
        let name = row.split(',').next().unwrap_or_default();
        let text = fs::read(folder.join(name)).expect("the file can be read");
        let faults = read(name, &text).faults;
        refused.extend(faults.iter().map(ToString::to_string));
    }
    println!("{}\n{} faults", refused.join("\n"), refused.len());
    for fault in &refused {
        assert!(fault.starts_with("error: ") && fault.contains("  --> "), "{fault}");
    }
    assert!(refused.len() < 30, "{} faults", refused.len());
}

#[test]
fn the_objects_of_every_recording_are_read() {
    let Some(folder) = beside_the_repository("conformance") else { return };
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.extension().is_none_or(|extension| extension != "gz") {
            continue;
        }
        let file = fs::File::open(&path).expect("the file can be opened");
        let lines = flate2::read::GzDecoder::new(file);
        let recordings = serde_json::Deserializer::from_reader(std::io::BufReader::new(lines));
        for recording in recordings.into_iter::<serde_json::Value>() {
            let recording = recording.expect("a recording is JSON");
            let case = &recording["case"];
            for part in ["objects", "pending"] {
                let mut reader = Reader::without_validation();
                reader.read(&case["name"].to_string(), case[part].to_string().as_bytes());
                let input = reader.finish();
                let faults: Vec<_> = input.faults.iter().map(ToString::to_string).collect();
                assert!(faults.is_empty(), "{}", faults.join("\n"));
                let skipped: usize = input.skipped.values().map(|tally| tally.count).sum();
                let written = case[part].as_array().map_or(0, Vec::len);
                assert_eq!(input.objects.len() + skipped, written);
            }
        }
    }
}
