//! Recorded decisions of kube-scheduler, made again by a C program: once with every object as text,
//! once with nodes and pods as columns and templates.

use crate::build::{self, Program, Tool, with_library};
use bayplan::base::time::Timestamp;
use bayplan::objects::node::TaintEffect;
use bayplan::objects::requests::Resources;
use bayplan::{Node, Pod};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;

#[derive(Deserialize)]
struct Line {
    case: Case,
    expected: Expected,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    profile: Option<Value>,
    objects: Vec<Value>,
    pending: Vec<Value>,
}

#[derive(Deserialize)]
struct Expected {
    pods: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    pre_enqueue: Option<Value>,
    bound: Option<String>,
    message: Option<String>,
    preemption: Option<Preemption>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Preemption {
    nominated_node: String,
    victims: Vec<String>,
    fits_after_eviction: bool,
}

/// How objects get into the library.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Text,
    Columns,
}

/// What the program is to do, and what it should print.
#[derive(Default)]
struct Script {
    words: Vec<u8>,
    expected: String,
    /// Cases whose nodes went in as columns.
    columns: usize,
    attempts: usize,
    batches: usize,
}

impl Script {
    fn say(&mut self, words: &[&str]) {
        for word in words {
            self.words.extend(format!("{}:{word}", word.len()).bytes());
        }
    }

    fn case(&mut self, line: &Line, way: Way) {
        let profile = line.case.profile.as_ref().map_or(String::new(), |profile| {
            json!({"apiVersion": "kubescheduler.config.k8s.io/v1",
                "kind": "KubeSchedulerConfiguration", "profiles": [profile]})
            .to_string()
        });
        self.say(&["begin", &profile]);
        let (nodes, others): (Vec<_>, Vec<_>) =
            line.case.objects.iter().partition(|object| object["kind"] == "Node");
        let (pods, others): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|object| object["kind"] == "Pod");
        let names: BTreeSet<&str> =
            nodes.iter().filter_map(|node| node["metadata"]["name"].as_str()).collect();
        let pods = pods.into_iter().chain(&line.case.pending);
        if way == Way::Text {
            self.apply(line.case.objects.iter().chain(&line.case.pending));
        } else {
            self.nodes(&nodes);
            self.apply(others.iter().copied());
            pods.for_each(|pod| self.pod(pod, &names));
        }
        for (position, entry) in line.expected.pods.iter().enumerate() {
            self.attempt(&line.case.pending[position], entry, position, way);
        }
    }

    fn apply<'a>(&mut self, objects: impl Iterator<Item = &'a Value>) {
        let texts: Vec<_> = objects.map(Value::to_string).collect();
        self.say(&["apply", &texts.join("\n")]);
    }

    /// Nodes as columns, where these can say all that there is to say.
    fn nodes(&mut self, nodes: &[&Value]) {
        let read = |node: &&Value| serde_json::from_value::<Node>((*node).clone()).ok();
        let read: Option<Vec<Node>> = nodes.iter().map(read).collect();
        let Some(read) = read.filter(|read| read.iter().all(is_plain)) else {
            return self.apply(nodes.iter().copied());
        };
        self.columns += 1;
        self.say(&["nodes", &read.len().to_string()]);
        for node in read {
            let list = node.status.allocatable.as_ref().unwrap_or(&node.status.capacity);
            let offers = Resources::from_list(list);
            let amounts = [offers.milli_cpu, offers.memory, offers.pods, offers.ephemeral_storage]
                .map(|it| it.to_string());
            self.say(&[node.name()]);
            amounts.iter().for_each(|amount| self.say(&[amount]));
            self.say(&[if node.spec.unschedulable { "1" } else { "0" }]);
            self.say(&[&node.meta.labels.len().to_string()]);
            node.meta.labels.iter().for_each(|(key, value)| self.say(&[key, value]));
            self.say(&[&node.spec.taints.len().to_string()]);
            for taint in &node.spec.taints {
                let effect = match taint.effect {
                    TaintEffect::NoSchedule => "1",
                    TaintEffect::PreferNoSchedule => "2",
                    TaintEffect::NoExecute => "3",
                };
                self.say(&[&taint.key, &taint.value, effect]);
            }
            self.say(&[&offers.scalars.len().to_string()]);
            offers.scalars.iter().for_each(|(name, amount)| self.say(&[name, &amount.to_string()]));
            let images: Vec<_> = node.status.images.iter().collect();
            let names = images
                .iter()
                .flat_map(|image| image.names.iter().map(|name| (name, image.size_bytes)));
            let names: Vec<_> = names.collect();
            self.say(&[&names.len().to_string()]);
            names.iter().for_each(|(name, size)| self.say(&[name, &size.to_string()]));
        }
    }

    /// A pod as an instance, where its node is there.
    fn pod(&mut self, pod: &Value, nodes: &BTreeSet<&str>) {
        let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
        if !node.is_empty() && !nodes.contains(node) {
            return self.apply(std::iter::once(pod));
        }
        let text = |field: &str| pod["metadata"][field].as_str().unwrap_or_default();
        self.say(&["pod", &pod.to_string(), text("name"), text("uid"), node]);
    }

    /// One attempt, and bringing the cluster to where the recording has it then.
    fn attempt(&mut self, pod: &Value, entry: &Entry, position: usize, way: Way) {
        self.attempts += 1;
        let text = |field: &str| pod["metadata"][field].as_str().unwrap_or_default();
        let (namespace, name) = (text("namespace"), text("name"));
        let outcome = Outcome::of(pod, entry);
        if way == Way::Columns && is_nameless(pod) {
            self.batches += 1;
            self.say(&["batch", namespace, name, &pod.to_string()]);
            let node = if outcome.number == 1 { &outcome.node } else { "" };
            let _written = writeln!(self.expected, "{}\t{node}", outcome.number);
        }
        self.say(&["attempt", namespace, name]);
        self.expected.push_str(&outcome.line());
        if let Some(preemption) = &entry.preemption {
            for victim in &preemption.victims {
                let (namespace, name) = victim.split_once('/').unwrap_or_default();
                self.say(&["delete", "Pod", namespace, name]);
            }
            if preemption.fits_after_eviction {
                self.say(&["attempt", namespace, name]);
                let bound = Outcome {
                    number: 1,
                    node: preemption.nominated_node.clone(),
                    ..Outcome::default()
                };
                self.expected.push_str(&bound.line());
            } else {
                self.apply(std::iter::once(pod));
            }
        }
        if let Some(node) = &entry.bound {
            // What the API server says of it then.
            let start = Timestamp::from_seconds(1_893_456_000 + position as i64);
            let mut bound = pod.clone();
            bound["spec"]["nodeName"] = json!(node);
            bound["status"]["phase"] = json!("Running");
            bound["status"]["startTime"] = json!(start.to_string());
            bound["status"].as_object_mut().expect("a status").remove("nominatedNodeName");
            self.apply(std::iter::once(&bound));
        }
    }
}

/// What an attempt is to come to.
#[derive(Default)]
struct Outcome {
    number: u8,
    node: String,
    victims: String,
    message: String,
}

impl Outcome {
    fn of(pod: &Value, entry: &Entry) -> Self {
        let message = entry.message.clone().unwrap_or_default();
        if let Some(gate) = &entry.pre_enqueue {
            let reasons = gate["reasons"].as_array().cloned().unwrap_or_default();
            let reasons: Vec<_> = reasons.iter().filter_map(Value::as_str).collect();
            return Self { number: 4, message: reasons.join(", "), ..Self::default() };
        }
        if let Some(preemption) = &entry.preemption {
            let node = preemption.nominated_node.clone();
            return Self { number: 2, node, victims: preemption.victims.join(","), message };
        }
        if let Some(node) = &entry.bound {
            return Self { number: 1, node: node.clone(), ..Self::default() };
        }
        let is_going = pod["metadata"]["deletionTimestamp"].is_string();
        Self { number: if is_going { 5 } else { 3 }, message, ..Self::default() }
    }

    fn line(&self) -> String {
        format!("{}\t{}\t{}\t{}\n", self.number, self.node, self.victims, self.message)
    }
}

/// Whether columns say all of a node.
fn is_plain(node: &Node) -> bool {
    node.meta.annotations.is_empty() && node.status.declared_features.is_empty()
}

/// Whether nothing depends on the name of a pod, so that an instance may stand for it.
fn is_nameless(pod: &Value) -> bool {
    let read = serde_json::from_value::<Pod>(pod.clone());
    read.is_ok_and(|pod| {
        pod.spec.volumes.is_empty()
            && pod.spec.resource_claims.is_empty()
            && !pod.is_terminating()
            && pod.status.nominated_node_name.is_empty()
    })
}

fn lines(path: &Path) -> Vec<Line> {
    let file = File::open(path).expect("the recording is there");
    let lines = BufReader::new(flate2::read::GzDecoder::new(file)).lines();
    let lines = lines.map(|line| line.expect("a text"));
    let lines = lines.filter(|line| !line.trim().is_empty());
    lines.map(|line| serde_json::from_str(&line).expect("a case")).collect()
}

/// Replays every recording of the repository in one way.
fn check(way: Way) {
    let program = Program {
        compiler: Tool::Gcc,
        standard: "c11",
        sources: &["tests/c/replay.c"],
        flags: &["-O1"],
        is_static: false,
    };
    let name = if way == Way::Text { "replay-text" } else { "replay-columns" };
    let Some(program) = program.build(name) else { return };
    let golden = build::root().parent().expect("a workspace").join("tests/golden");
    let mut files: Vec<_> = std::fs::read_dir(golden)
        .expect("the recordings are there")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "gz"))
        .collect();
    files.sort();
    assert!(files.len() >= 16, "{files:?}");
    let (mut attempts, mut columns, mut batches) = (0, 0, 0);
    for file in files {
        let mut names = Vec::new();
        let mut script = Script::default();
        for line in lines(&file) {
            let before = script.expected.lines().count();
            script.case(&line, way);
            names.push((before, line.case.name.clone()));
        }
        let printed = replay(&program, &script);
        for (at, (printed, expected)) in printed.lines().zip(script.expected.lines()).enumerate() {
            let case = names.iter().rev().find(|(first, _)| *first <= at).map(|(_, name)| name);
            assert_eq!(printed, expected, "{case:?} of {}", file.display());
        }
        assert_eq!(printed.lines().count(), script.expected.lines().count());
        attempts += script.attempts;
        columns += script.columns;
        batches += script.batches;
    }
    eprintln!("{attempts} attempts, {columns} cases with nodes as columns, {batches} batches");
    assert!(attempts > 2000);
    assert!(way == Way::Text || (columns > 100 && batches > 1000), "{columns} {batches}");
}

fn replay(program: &Path, script: &Script) -> String {
    let mut command = with_library(program);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    let words = script.words.clone();
    let writer = std::thread::spawn(move || input.write_all(&words));
    let output = child.wait_with_output().expect("the program ends");
    let written = writer.join().expect("the writer ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    written.expect("the program reads everything");
    String::from_utf8(output.stdout).expect("a text")
}

#[test]
fn a_c_program_repeats_the_recorded_decisions_with_objects_as_text() {
    check(Way::Text);
}

#[test]
fn a_c_program_repeats_the_recorded_decisions_with_columns_and_templates() {
    check(Way::Columns);
}
