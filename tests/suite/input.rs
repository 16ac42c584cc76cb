//! Reading manifests: what is tampered with is refused, what people really write is read.

use bayplan::base::random::Random;
use bayplan::objects::manifest::{Input, Reader};
use bayplan_datasets::{Generator, Options};
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
    let (mut count, mut wrong) = (0, Vec::new());
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the entry can be read").path();
        let text = fs::read(&path).expect("the file can be read");
        let first =
            String::from_utf8_lossy(&text[..text.iter().position(|b| *b == b'\n').unwrap()]);
        let expected = first.trim_start_matches("# ").to_owned();
        let faults = read("tampered.yaml", &text).faults;
        let found: Vec<_> =
            faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
        if found != [expected] {
            wrong.push(format!("{}: {found:#?}", path.display()));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 24, "{count} tampered manifests");
}

#[test]
fn a_long_row_of_brackets_is_refused_at_once() {
    for bracket in ["[", "{\"a\":", "- ", "{a: "] {
        let text = bracket.repeat((64 << 20) / bracket.len());
        let faults = read("deep", text.as_bytes()).faults;
        assert_eq!(faults.len(), 1, "{bracket}");
    }
}

/// Reads the files of a list; each row begins with a file, and holds under `documents`,
/// `empty_documents`, `pod_specs` and `kinds` what a generic YAML reader finds there.
fn read_listed(folder: &Path, list: &str, reads: impl Fn(&str, &Input, &Listed)) {
    let list = fs::read_to_string(folder.join(list)).expect("the list can be read");
    let mut rows = list.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let titles = rows.next().expect("titles");
    for row in rows {
        let field = |title: &str| {
            let ix = titles.iter().position(|t| *t == title).expect("a title");
            row[ix]
        };
        let listed = Listed {
            documents: field("documents").parse().expect("a number"),
            empty_documents: field("empty_documents").parse().expect("a number"),
            pod_specs: field("pod_specs").parse().expect("a number"),
        };
        let text = fs::read(folder.join(row[0])).expect("the file can be read");
        reads(row[0], &read(row[0], &text), &listed);
    }
}

struct Listed {
    documents: usize,
    empty_documents: usize,
    pod_specs: usize,
}

/// Every document is an object, skipped, or a fault with its place; no pod spec is made up, and
/// none is lost but those of custom kinds.
fn check_listed(name: &str, input: &Input, listed: &Listed) {
    for fault in &input.faults {
        let fault = fault.to_string();
        println!("{fault}");
        assert!(fault.starts_with("error: ") && fault.contains("  --> "), "{fault}");
    }
    let skipped: usize = input.skipped.values().map(|tally| tally.count).sum();
    let read = input.objects.len() + skipped + input.faults.len();
    let expected = listed.documents - listed.empty_documents;
    assert!(read >= expected, "{name}: {read} of {expected} documents");
    let specs = input.objects.iter().filter(|o| o.object.pod_spec().is_some()).count();
    let others = input.faults.len() + skipped;
    assert!(specs <= listed.pod_specs, "{name}: {specs} of {} pod specs", listed.pod_specs);
    let lost = listed.pod_specs - specs;
    // The generic reader counts the pod specs of a list twice.
    let twice = lost == specs && input.objects.iter().all(|object| object.document == 1);
    assert!(lost == 0 || others > 0 || twice, "{name}: {lost} pod specs are lost");
}

#[test]
fn real_manifests_are_read_or_refused_with_a_reason() {
    let folder = repository().join("tests/manifests/real");
    let faults = std::cell::Cell::new(0);
    read_listed(&folder, "EXPECTED.csv", |name, input, listed| {
        check_listed(name, input, listed);
        faults.set(faults.get() + input.faults.len());
    });
    // A patch that is no Deployment, and a controller whose template has no labels.
    assert_eq!(faults.get(), 2);
}

#[test]
fn many_real_manifests_are_read_or_refused_with_a_reason() {
    let Some(folder) = beside_the_repository("datasets/manifests") else { return };
    let faults = std::cell::Cell::new(0);
    read_listed(&folder, "MANIFEST.csv", |name, input, listed| {
        check_listed(name, input, listed);
        faults.set(faults.get() + input.faults.len());
    });
    assert!(faults.get() < 30, "{} faults", faults.get());
}

#[test]
fn no_change_of_bytes_makes_reading_panic() {
    const SIGNS: &[u8] = b"{}[]:,&*\"'\t\n-|>%#!";
    let folder = repository().join("tests/manifests/real");
    let json = br#"[{"apiVersion":"v1","kind":"PodList","items":[{"metadata":{"name":"p"},
        "spec":{"nodeName":"n","containers":[{"name":"c","resources":{"limits":{"cpu":"1"}}}]}}]}]"#;
    let mut texts = vec![json.to_vec()];
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let text = fs::read(entry.expect("the entry can be read").path()).expect("a file");
        texts.push(text[..text.len().min(3000)].to_vec());
    }
    for seed in 0..600 {
        let mut random = Random::keyed(seed, "bytes");
        let mut text = texts[seed as usize % texts.len()].clone();
        for _ in 0..=random.below(8) {
            let at = random.below(text.len());
            match random.below(4) {
                0 => text[at] = random.below(256) as u8,
                1 => text[at] = SIGNS[random.below(SIGNS.len())],
                2 => text.truncate(at + 1),
                _ => {
                    let part = text[at..text.len().min(at + 40)].to_vec();
                    let to = random.below(text.len());
                    text.splice(to..to, part);
                }
            }
        }
        for fault in read("changed.yaml", &text).faults {
            assert!(!fault.to_string().is_empty());
        }
    }
}

#[test]
fn json_read_straight_is_json_read_as_a_tree() {
    for seed in 0..4 {
        let options = Options {
            nodes: 20,
            pods: 100,
            templates: 15,
            running_per_node: 2,
            daemon_sets: 2,
            seed,
            ..Options::default()
        };
        let texts: Vec<String> = Generator::new(options).expect("the options are valid").collect();
        let straight = read("straight", texts.join("\n").as_bytes());
        // A field `items` where there is none makes the reader look twice.
        let trees: Vec<_> =
            texts.iter().map(|text| text.replacen('{', "{\"items\":[],", 1)).collect();
        let tree = read("tree", trees.join("\n").as_bytes());
        assert_eq!((straight.faults, tree.faults), (Vec::new(), Vec::new()));
        assert_eq!(straight.objects.len(), tree.objects.len());
        for (straight, tree) in straight.objects.iter().zip(&tree.objects) {
            assert_eq!(straight.object, tree.object);
        }
    }
}

/// Pods as people and programs write them, with names that could stand for something else.
const PODS: [&str; 4] = [
    r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"NAME","namespace":"default","labels":
{"app":"web-0"}},"spec":{"containers":[{"name":"main","image":"a"}],"nodeName":"NODE"}}"#,
    r#"{"metadata":{"labels":{"name":"NAME"},"name":"web-0"},"spec":{"nodeName":"NODE","containers":[
{"name":"NODE"}]},"kind":"Pod","apiVersion":"v1","status":{"nominatedNodeName":"NAME"}}"#,
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: NAME\n  labels: {app: web-0}\nspec:\n  \
     containers:\n  - name: main\n  nodeName: NODE\n",
    "apiVersion: v1\nkind: Pod\nmetadata:\n  labels: &l\n    name: NAME\n  <<: *l\nspec:\n  \
     nodeName: NODE\n  containers:\n  - name: web-0\n",
];

#[test]
fn a_pod_reads_the_same_whatever_was_read_before() {
    const NAMES: [&str; 12] = [
        "web-0", "web-1", "main", "default", "yes", "1-2", "a/b", "..", "", "null", "A-b",
        "a\\u0062",
    ];
    const CHANGES: [&str; 10] =
        ["\"", "\\", "#", "&a ", "nodeName", "name", "\n", " ", "}", "web-0"];
    let mut found = 0;
    for seed in 0..3000 {
        let mut random = Random::keyed(seed, "replicas");
        let pod = PODS[random.below(PODS.len())];
        let mut draw = || {
            let name = |random: &mut Random| NAMES[random.below(NAMES.len()).min(random.below(12))];
            pod.replace("NAME", name(&mut random)).replace("NODE", name(&mut random))
        };
        let [mut first, mut middle, mut second] = [draw(), draw(), draw()];
        if random.below(2) == 0 {
            let at = random.below(pod.len());
            let change = CHANGES[random.below(CHANGES.len())];
            for text in [&mut first, &mut middle, &mut second] {
                let at = at.min(text.len());
                text.insert_str(at, change);
            }
        }
        let mut reader = Reader::new();
        reader.read("first", first.as_bytes());
        reader.read("middle", middle.as_bytes());
        reader.read("second", second.as_bytes());
        let both = reader.finish();
        let alone = read("second", second.as_bytes());
        let there_twice = |message: &str| message.ends_with("is there twice");
        let of_second = |input: &Input| {
            let objects = input.objects.iter().filter(|object| &*object.source == "second");
            let faults = input.faults.iter().filter(|fault| fault.source == "second");
            let faults = faults.filter(|fault| !there_twice(&fault.message)).cloned();
            (objects.map(|it| it.object.clone()).collect::<Vec<_>>(), faults.collect::<Vec<_>>())
        };
        if both.faults.iter().any(|fault| there_twice(&fault.message)) {
            continue;
        }
        assert_eq!(of_second(&both), of_second(&alone), "{first}\n{middle}\n{second}");
        found += both.objects.len();
    }
    assert!(found > 1000, "{found} pods");
}

#[test]
fn an_empty_text_has_no_objects_and_no_faults() {
    for text in ["", "\n\n", "# nothing\n", "---\n---\n", "\u{feff}", "---\n# a\n...\n"] {
        let input = read("empty.yaml", text.as_bytes());
        assert!(input.objects.is_empty() && input.faults.is_empty(), "{text:?}");
    }
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
