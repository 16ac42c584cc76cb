//! Pods that need room on a full cluster: how many are decided per second.
//!
//! Every node runs four pods of low priority, and every incoming pod needs the room of three. Its
//! victims are removed, and it is attempted again and bound.

use anyhow::{Context, Result, bail};
use bayplan::cycle::decision::Decision;
use bayplan::objects::Object;
use bayplan::scheduler::{Engine, Scheduler};
use bayplan::state::Cluster;
use bayplan::state::change::Change;
use bayplan_datasets::make::{node, pod};
use clap::Parser;
use serde_json::json;
use std::time::{Duration, Instant};

/// Decides pods that need room on a full cluster, and says how long that takes.
#[derive(Parser)]
struct Arguments {
    /// Nodes, each with four running pods.
    #[arg(long, default_value_t = 5000)]
    nodes: usize,
    /// Pods that need room; at most as many as nodes.
    #[arg(long, default_value_t = 2000)]
    pods: usize,
    /// Decide by the plain rules.
    #[arg(long)]
    plain: bool,
}

fn cluster(nodes: usize) -> Result<Cluster> {
    let mut objects: Vec<Object> = Vec::new();
    for at in 0..nodes {
        let name = format!("node-{at:05}");
        let made = node(&name).label("kubernetes.io/hostname", &name).cpu("4").memory("32Gi");
        objects.push(made.pods(110).make().into());
        for number in 0..4 {
            let low = pod(&format!("low-{at}-{number}")).spec(json!({"priority": 0}));
            objects.push(low.cpu("900m").memory("500Mi").on(&name).make().into());
        }
    }
    Ok(Cluster::from_objects(objects)?)
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.pods > arguments.nodes {
        bail!("--pods: at most as many as nodes");
    }
    let mut cluster = cluster(arguments.nodes)?;
    let engine = if arguments.plain { Engine::Plain } else { Engine::Fast };
    let mut scheduler = Scheduler::default().with_engine(engine);
    let (mut making_room, mut binding) = (Duration::ZERO, Duration::ZERO);
    for number in 0..arguments.pods {
        let name = format!("high-{number}");
        let high = pod(&name).spec(json!({"priority": 10})).cpu("3").memory("500Mi").make();
        let namespace = high.meta.namespace.clone();
        cluster.apply(Change::Put(high.into()))?;
        let start = Instant::now();
        let decision = scheduler.schedule(&mut cluster, &namespace, &name)?;
        making_room += start.elapsed();
        let Decision::Nominated { node, victims, .. } = decision else {
            bail!("{name}: {decision:?}");
        };
        for (namespace, name) in &victims {
            let victim = cluster.pods().find(namespace, name).context("a victim is there")?;
            cluster.remove_pod(victim);
        }
        let start = Instant::now();
        let decision = scheduler.schedule(&mut cluster, &namespace, &name)?;
        binding += start.elapsed();
        if decision.node() != Some(&node) {
            bail!("{name}: nominated to {node}, then {decision:?}");
        }
    }
    let rate = |time: Duration| arguments.pods as f64 / time.as_secs_f64().max(1e-9);
    println!("nodes                {}", arguments.nodes);
    println!("running pods         {}", 4 * arguments.nodes);
    println!("pods that need room  {}", arguments.pods);
    println!("victims found        {:.0} decisions a second", rate(making_room));
    println!("then bound           {:.0} decisions a second", rate(binding));
    println!("together             {:.0} pods a second", rate(making_room + binding));
    Ok(())
}
