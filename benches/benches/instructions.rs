//! The gate against regressions: how many instructions typical work takes, counted by callgrind,
//! against limits that are written down here.
//!
//! Counts hardly depend on the machine, and not at all on what else it does. A limit is a
//! twentieth above what was counted when it was written down: who makes something cheaper, or has a
//! reason to make it dearer, writes down the new count.

// The attributes write items without documentation, and paths longer than need be.
#![allow(missing_docs, unused_qualifications)]

use bayplan::base::index::Ix;
use bayplan::batch::Template;
use bayplan::cycle::decision::Decision;
use bayplan::objects::Object;
use bayplan::objects::manifest::Reader;
use bayplan::scheduler::Scheduler;
use bayplan::state::Cluster;
use bayplan::state::ix::NodeIx;
use bayplan_benches::input::Input;
use bayplan_benches::load::{Kind, Load};
use bayplan_datasets::make::{node, pod};
use bayplan_datasets::{Generator, Options};
use gungraun::prelude::*;
use gungraun::{Callgrind, EventKind};
use serde_json::json;
use std::hint::black_box;
use std::path::Path;

/// So many instructions were counted; a twentieth more is too many.
fn counted(instructions: u64) -> LibraryBenchmarkConfig {
    let mut callgrind = Callgrind::with_args(["--cache-sim=no"]);
    callgrind.hard_limits([(EventKind::Ir, instructions + instructions / 20)]);
    LibraryBenchmarkConfig::default().tool(callgrind).clone()
}

/// A cluster of 1,000 nodes with 500 pods that wait, most of them different.
fn input(kind: Kind) -> Box<Input> {
    let load = Load { nodes: 1000, pods: 500, templates: 1000, groups: 20, ..Load::new(kind) };
    Box::new(load.input().expect("the load is well formed"))
}

#[library_benchmark]
#[bench::basic(args = (Kind::Basic), setup = input, config = counted(6_065_121))]
#[bench::node_affinity(args = (Kind::NodeAffinity), setup = input, config = counted(7_290_606))]
#[bench::spread(args = (Kind::Spread), setup = input, config = counted(8_357_319))]
#[bench::anti_affinity(args = (Kind::AntiAffinity), setup = input, config = counted(8_868_012))]
#[bench::pod_affinity(args = (Kind::PodAffinity), setup = input, config = counted(6_989_116))]
#[bench::mixed(args = (Kind::Mixed), setup = input, config = counted(11_737_740))]
fn decisions(mut input: Box<Input>) -> (Box<Input>, usize) {
    let mut nodes: Vec<Option<NodeIx>> = vec![None; input.pending.len()];
    let Input { cluster, pending } = &mut *input;
    let bound = Scheduler::default().schedule_batch(cluster, pending, &mut nodes);
    let bound = bound.expect("every pod can be attempted");
    assert!(bound > 0, "some pod gets a node");
    (input, bound)
}

fn warm() -> Box<(Cluster, Scheduler, Template)> {
    let cluster = input(Kind::Basic).cluster;
    let template = Template::new(pod("twin").cpu("100m").memory("128Mi").make());
    let mut warm = Box::new((cluster, Scheduler::default(), template));
    place_twins(&mut warm, 10);
    warm
}

fn place_twins(warm: &mut (Cluster, Scheduler, Template), count: usize) {
    let (cluster, scheduler, template) = warm;
    let bound = scheduler.schedule_template(cluster, template, &mut vec![None; count]);
    assert_eq!(bound.expect("every twin can be attempted"), count);
}

#[library_benchmark]
#[bench::of_one_template(setup = warm, config = counted(1_908_004))]
fn twins(mut warm: Box<(Cluster, Scheduler, Template)>) -> Box<(Cluster, Scheduler, Template)> {
    place_twins(&mut warm, 500);
    warm
}

/// A cluster whose waiting pods were bound once before, so that their classes are known.
fn bound_before(kind: Kind) -> Box<Input> {
    let mut input = input(kind);
    bind_and_roll_back(&mut input);
    input
}

fn bind_and_roll_back(input: &mut Input) {
    let Input { cluster, pending } = input;
    let savepoint = cluster.savepoint();
    for (at, pod) in pending.iter().enumerate().take(100) {
        cluster.bind(*pod, NodeIx::new(at), None).expect("the sums fit");
    }
    cluster.rollback(savepoint);
}

#[library_benchmark]
#[bench::of_a_hundred_binds(args = (Kind::Mixed), setup = bound_before, config = counted(125_779))]
fn rollback(mut input: Box<Input>) -> Box<Input> {
    bind_and_roll_back(&mut input);
    input
}

/// Nodes full of pods that are worth less than one that waits.
fn full() -> Box<Cluster> {
    let mut objects: Vec<Object> = Vec::new();
    for at in 0..1000 {
        let name = format!("node-{at:04}");
        objects.push(node(&name).cpu("4").into());
        let low = |number| pod(&format!("{name}-{number}")).cpu("900m").on(&name);
        objects.extend((0..4).map(|number| low(number).into()));
    }
    objects.push(pod("urgent").cpu("3").spec(json!({"priority": 10})).into());
    Box::new(Cluster::from_objects(objects).expect("the objects fit together"))
}

#[library_benchmark]
#[bench::of_three_pods(setup = full, config = counted(13_522_240))]
fn preemption(mut cluster: Box<Cluster>) -> Box<Cluster> {
    let decision = Scheduler::default().schedule(&mut cluster, "default", "urgent");
    assert!(matches!(decision, Ok(Decision::Nominated { .. })), "{decision:?}");
    cluster
}

fn lines() -> Vec<String> {
    let options = Options { nodes: 0, pods: 1000, ..Options::default() };
    Generator::new(options).expect("the numbers are in bounds").collect()
}

#[library_benchmark]
#[bench::of_a_thousand_pods(setup = lines, config = counted(19_364_901))]
fn reading(lines: Vec<String>) -> (Vec<String>, Reader) {
    let mut reader = Reader::new();
    lines.iter().for_each(|line| reader.feed(black_box(line).as_bytes()));
    (lines, reader)
}

library_benchmark_group!(
    name = engine,
    benchmarks = [decisions, twins, rollback, preemption, reading]
);

mod gate {
    use super::engine;
    gungraun::main!(library_benchmark_groups = engine);

    pub(super) fn run() {
        main();
    }
}

fn main() {
    // The runner calls this program again, in an environment without a path.
    let is_called_by_runner = std::env::args().any(|argument| argument == "--gungraun-run");
    let missing = ["valgrind", "gungraun-runner"].into_iter().find(|name| !is_installed(name));
    match missing.filter(|_| !is_called_by_runner) {
        Some(missing) => println!("skipped: {missing} is not installed"),
        None => gate::run(),
    }
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| Path::new(&folder).join(program).is_file())
}
