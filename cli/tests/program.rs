//! The program seen from outside: what it prints, where, and how it ends.

mod schema;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Path of a bundled example.
fn example(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    root.join("datasets/examples").join(name).display().to_string()
}

/// Runs the program with these arguments and this standard input.
fn bayplan(arguments: &[&str], input: &[u8]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_bayplan"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = program.stdin.take().expect("the input is a pipe");
    let input = input.to_vec();
    // In a thread of its own, as the program may print before it has read everything.
    let feeding = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = program.wait_with_output().expect("the program ends");
    feeding.join().expect("nothing panics here");
    output
}

/// Runs it, expects this exit code, and gives the standard output and the standard error.
fn ends_with(code: i32, arguments: &[&str], input: &[u8]) -> (String, String) {
    let output = bayplan(arguments, input);
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    let (out, error) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{error}");
    (out, error)
}

/// A file of this test run with this content.
fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("the folder for tests takes files");
    path
}

#[test]
fn the_shop_finds_room_and_nothing_is_said_besides() {
    let (out, error) = ends_with(0, &["place", "-f", &example("shop")], b"");
    assert!(out.contains("\nplaced "), "{out}");
    assert!(!out.contains("PENDING"), "{out}");
    assert_eq!(error, "");
}

#[test]
fn pods_without_a_node_are_told_why() {
    let (out, _) = ends_with(1, &["place", "-f", &example("pending")], b"");
    for text in [
        "PENDING",
        "default   too-large",
        "Insufficient memory",
        "Insufficient nvidia.com/gpu",
        "node(s) had untolerated taint(s)",
        "node(s) didn't match Pod's node affinity/selector",
        "node(s) didn't match pod anti-affinity rules",
        "waiting for scheduling gates: [example.com/quota]",
    ] {
        assert!(out.contains(text), "{text}\n{out}");
    }
}

#[test]
fn a_bad_call_ends_with_2_and_prints_nothing() {
    for arguments in [
        &["place"][..],
        &["place", "-f", "there-is-no-such-file"],
        &["place", "-f", "-", "--ties", "last"],
        &["explain", "web", "-f", "-"],
        &["generate", "--zones", "0"],
        &["generate", "--mix", "fast=1"],
    ] {
        let (out, error) = ends_with(2, arguments, b"");
        assert!(error.starts_with("error:"), "{error}");
        assert_eq!(out, "");
    }
}

#[test]
fn a_fault_says_where_it_is_and_how_to_mend_it() {
    let manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  \
                    - name: web\n    resources:\n      requests:\n        memory: 12Mo\n";
    let (out, error) = ends_with(2, &["place", "-f", "-"], manifest.as_bytes());
    assert_eq!(out, "");
    for text in ["\"12Mo\"", "--> -:9:", "^^^^", "requests.memory", "12Mi"] {
        assert!(error.contains(text), "{text}\n{error}");
    }
    // The rest goes on where the user says so.
    let rest = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: good}\n\
                spec: {containers: [{name: c, image: i}]}\n";
    let both = format!("{manifest}{rest}");
    let (out, _) = ends_with(1, &["place", "-f", "-", "--keep-going"], both.as_bytes());
    assert!(out.contains("good"), "{out}");
}

#[test]
fn ordered_by_name_the_order_of_the_input_does_not_matter() {
    let generate = ["generate", "--nodes", "20", "--pods", "60", "--seed", "7"];
    let (lines, _) = ends_with(0, &generate, b"");
    let mut backwards: Vec<_> = lines.lines().collect();
    backwards.reverse();
    let place = ["place", "-f", "-", "-o", "json", "--order", "name"];
    let forth = bayplan(&place, lines.as_bytes());
    let back = bayplan(&place, backwards.join("\n").as_bytes());
    assert!(!forth.stdout.is_empty());
    assert_eq!(forth.stdout, back.stdout);
}

#[test]
fn the_same_call_prints_the_same_bytes() {
    for arguments in [
        &["place", "-f", &example("shop"), "-o", "yaml"][..],
        &["place", "-f", &example("shop"), "-o", "json", "--ties", "seeded:3"],
        &["generate", "--mix", "spread=2,gpu", "--owners", "deployments", "-o", "yaml"],
    ] {
        assert_eq!(bayplan(arguments, b"").stdout, bayplan(arguments, b"").stdout);
    }
}

#[test]
fn every_format_names_every_pod() {
    for format in ["table", "wide", "json", "yaml", "name"] {
        let (out, _) = ends_with(1, &["place", "-f", &example("pending"), "-o", format], b"");
        for pod in ["fits", "too-large", "gpu-without-toleration", "wrong-label", "gated"] {
            assert!(out.contains(pod), "{format}: {pod}\n{out}");
        }
    }
}

#[test]
fn the_document_is_what_the_schema_says() {
    let (lines, _) = ends_with(0, &["generate", "--running-per-node", "2"], b"");
    let generated = bayplan(&["place", "-f", "-", "-o", "json"], lines.as_bytes()).stdout;
    for document in [
        bayplan(&["place", "-f", &example("shop"), "-o", "json"], b"").stdout,
        bayplan(&["place", "-f", &example("pending"), "-o", "json"], b"").stdout,
        generated,
    ] {
        schema::check(&document, schema::PLACEMENT);
    }
    for (pod, of) in [("db-0", "shop"), ("default/too-large", "pending")] {
        let explain = ["explain", pod, "-f", &example(of), "-o", "json"];
        schema::check(&bayplan(&explain, b"").stdout, schema::EXPLANATION);
    }
    let picky = bayplan(&["explain", "picky", "-f", "-", "-o", "json"], CROSSED_VOLUMES.as_bytes());
    schema::check(&picky.stdout, schema::EXPLANATION);
}

/// The claim `any` takes the volume that `picky` cannot do without.
const CROSSED_VOLUMES: &str = r#"
{apiVersion: v1, kind: Node, metadata: {name: only}, status: {allocatable: {cpu: 4, memory: 4Gi, pods: 9}}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: local}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: fast, labels: {kind: fast}}
spec: {storageClassName: local, accessModes: [ReadWriteOnce], capacity: {storage: 2Gi}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: slow}
spec: {storageClassName: local, accessModes: [ReadWriteOnce], capacity: {storage: 3Gi}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: any}
spec: {storageClassName: local, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: picky}
spec:
  storageClassName: local
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 2Gi}}
  selector: {matchLabels: {kind: fast}}
---
apiVersion: v1
kind: Pod
metadata: {name: picky}
spec:
  containers: [{name: c, image: i}]
  volumes:
  - {name: any, persistentVolumeClaim: {claimName: any}}
  - {name: picky, persistentVolumeClaim: {claimName: picky}}
"#;

#[test]
fn an_explanation_says_where_other_volumes_would_do() {
    let (out, _) = ends_with(1, &["explain", "picky", "-f", "-"], CROSSED_VOLUMES.as_bytes());
    for text in
        ["didn't find available persistent volumes", "default/any to slow, default/picky to fast"]
    {
        assert!(out.contains(text), "{text}\n{out}");
    }
}

#[test]
fn gzip_and_yaml_are_read_like_everything_else() {
    let generate = ["generate", "--nodes", "5", "--pods", "9", "-o"];
    let (jsonl, _) = ends_with(0, &[&generate[..], &["jsonl"]].concat(), b"");
    let (yaml, _) = ends_with(0, &[&generate[..], &["yaml"]].concat(), b"");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(jsonl.as_bytes()).expect("memory takes everything");
    let packed = file("cluster.jsonl.gz", &gzip.finish().expect("memory takes everything"));
    let place = |path: &str, input: &[u8]| bayplan(&["place", "-f", path, "-o", "json"], input);
    let plain = place("-", jsonl.as_bytes()).stdout;
    assert!(!plain.is_empty());
    assert_eq!(place(&packed.display().to_string(), b"").stdout, plain);
    assert_eq!(place("-", yaml.as_bytes()).stdout, plain);
}

#[test]
fn an_explanation_names_rules_scores_and_the_runner_up() {
    let (out, _) = ends_with(0, &["explain", "db-0", "-f", &example("shop")], b"");
    for text in ["shop/db-0 goes to node-a2", "NodeResourcesFit", "TaintToleration", "node-b2"] {
        assert!(out.contains(text), "{text}\n{out}");
    }
    let (out, _) = ends_with(1, &["explain", "default/too-large", "-f", &example("pending")], b"");
    let help = "= help: lower the pod's requests, remove pods, or add a node that has the resource";
    for text in ["has no node", "Insufficient memory", "12Gi", "free of", help] {
        assert!(out.contains(text), "{text}\n{out}");
    }
    let (_, error) = ends_with(2, &["explain", "web", "-f", &example("shop")], b"");
    assert!(error.contains("did you mean shop/web-"), "{error}");
    let (names, _) = ends_with(0, &["place", "-f", &example("shop"), "-o", "name"], b"");
    let mut pods = names.split_whitespace().filter_map(|word| word.strip_prefix("pod/"));
    let web = pods.find(|name| name.starts_with("web-")).expect("the shop has such pods");
    let (out, _) = ends_with(0, &["explain", web, "-f", &example("shop")], b"");
    assert!(out.contains("pods are like it."), "{out}");
}

#[test]
fn a_configuration_changes_what_is_best() {
    let binpacking = file(
        "binpacking.yaml",
        b"apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n\
          profiles:\n- pluginConfig:\n  - name: NodeResourcesFit\n    args:\n      \
          scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 1}]}\n",
    );
    let config = binpacking.display().to_string();
    let place = ["place", "-f", &example("shop"), "-o", "name"];
    let (spread, _) = ends_with(0, &place, b"");
    let (packed, _) = ends_with(0, &[&place[..], &["--config", &config]].concat(), b"");
    assert_ne!(spread, packed);
    let bad = file("bad.yaml", b"apiVersion: kubescheduler.config.k8s.io/v1\nkind: Nothing\n");
    let config = bad.display().to_string();
    let (_, error) = ends_with(2, &[&place[..], &["--config", &config]].concat(), b"");
    assert!(error.contains("bad.yaml"), "{error}");
}

#[test]
fn packagers_get_completions_a_manual_and_a_version() {
    for (arguments, text) in [
        (&["completions", "bash"][..], "_bayplan"),
        (&["man"], ".TH bayplan"),
        (&["version"], "bayplan "),
        (&["--help"], "Exit codes"),
    ] {
        assert!(ends_with(0, arguments, b"").0.contains(text), "{text}");
    }
}
