//! What a question costs: pods placed on trial, and everything as it was.

use anyhow::{Result, ensure};
use bayplan::base::index::Ix;
use bayplan::batch::Template;
use bayplan::scheduler::Scheduler;
use bayplan::state::Cluster;
use bayplan::state::ix::NodeIx;
use bayplan_benches::clock::timed;
use bayplan_benches::load::{HOST, Kind, Load, ZONE};
use bayplan_datasets::make::{MakePod, pod};
use clap::Parser;
use serde_json::json;
use std::time::Duration;

/// Says what a hundred pods on trial cost, and a gang that goes in whole or not at all.
#[derive(Parser)]
struct Arguments {
    /// Nodes, with five running pods each.
    #[arg(long, default_value_t = 5000)]
    nodes: usize,
    /// Pods of a trial.
    #[arg(long, default_value_t = 100)]
    pods: usize,
    /// Rounds.
    #[arg(long, default_value_t = 300)]
    rounds: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut load = Load { nodes: arguments.nodes, ..Load::new(Kind::Mixed) };
    load.pods = arguments.pods;
    let mut input = load.input()?;
    let rounds = arguments.rounds;
    println!("{} nodes, {} pods, {rounds} rounds", arguments.nodes, arguments.pods);
    println!("{:<46} {:>10} {:>10}", "", "best us", "median us");

    let nodes = input.cluster.nodes().len();
    let pending = input.pending.clone();
    measure("savepoint, binds, rollback", rounds, || {
        let savepoint = input.cluster.savepoint();
        for (at, pod) in pending.iter().enumerate() {
            input.cluster.bind(*pod, NodeIx::new(at * 7 % nodes), None)?;
        }
        input.cluster.rollback(savepoint);
        Ok(())
    })?;

    let mut scheduler = Scheduler::default();
    for (name, made, fits) in gangs(arguments.pods) {
        let template = Template::new(made.make());
        measure(name, rounds, || {
            let savepoint = input.cluster.savepoint();
            let placed = gang(&mut scheduler, &mut input.cluster, &template, arguments.pods)?;
            input.cluster.rollback(savepoint);
            ensure!(placed == fits, "{name}: placed is {placed}");
            Ok(())
        })?;
    }
    Ok(())
}

/// Gangs, and whether there is room for them.
fn gangs(pods: usize) -> [(&'static str, MakePod, bool); 4] {
    let member = || pod("gang").label("app", "gang").cpu("500m").memory("1Gi");
    let selector = json!({"matchLabels": {"app": "gang"}});
    let spread = json!({"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": selector});
    let apart = json!([{"topologyKey": HOST, "labelSelector": selector}]);
    let apart = json!({"affinity": {"podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": apart}}});
    // One fewer hosts than members.
    let hosts: Vec<_> = (1..pods).map(|at| format!("node-{at:06}")).collect();
    let few = json!({"affinity": {"nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": HOST, "operator": "In", "values": hosts}]}]}}}});
    [
        ("a gang placed, and taken back", member(), true),
        ("the same, spread over zones", member().spread(spread), true),
        ("the same, no two on a host", member().spec(apart.clone()), true),
        ("a gang whose last member finds no host", member().spec(apart).spec(few), false),
    ]
}

/// Places all members or none, and says which.
fn gang(
    scheduler: &mut Scheduler,
    cluster: &mut Cluster,
    template: &Template,
    members: usize,
) -> Result<bool> {
    let savepoint = cluster.savepoint();
    let (mut placed, mut complete) = (0, true);
    scheduler.schedule_instances(cluster, &mut template.clone(), |member| {
        if let Some(member) = member {
            complete = member.node().is_some();
            placed += 1;
        }
        complete && placed < members
    })?;
    if complete {
        cluster.commit(savepoint)
    } else {
        cluster.rollback(savepoint)
    }
    Ok(complete)
}

fn measure(name: &str, rounds: usize, mut trial: impl FnMut() -> Result<()>) -> Result<()> {
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds.max(1) {
        let (done, time) = timed(&mut trial);
        done?;
        times.push(time);
    }
    times.sort_unstable();
    let micros = |time: Duration| time.as_nanos() as f64 / 1000.0;
    println!("{name:<46} {:>10.1} {:>10.1}", micros(times[0]), micros(times[times.len() / 2]));
    Ok(())
}
