//! How throughput moves with the size of the cluster, with its fill, and with how much pods differ.

use anyhow::{Result, bail, ensure};
use bayplan::scheduler::Scheduler;
use bayplan_benches::load::{Kind, Load, RACK, Running};
use bayplan_benches::plot::{Chart, Curve};
use bayplan_benches::run::Run;
use clap::Parser;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

/// Measures pods per second along several axes, one JSON object a line.
#[derive(Parser)]
struct Arguments {
    /// Only these axes: nodes, fill, templates, groups, zones, racks.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Pods that are placed for each point; on small clusters 20 for each node.
    #[arg(long, default_value_t = 10_000)]
    pods: usize,
    /// Runs for each point; the fastest counts.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// No more decisions of a run when they took this many seconds.
    #[arg(long, default_value_t = 5)]
    limit_s: u64,
    /// Leaves out points with larger values.
    #[arg(long)]
    up_to: Option<usize>,
    /// Also draws a chart of each axis into this folder.
    #[arg(long, value_name = "FOLDER")]
    plot: Option<PathBuf>,
}

/// Something to vary.
struct Axis {
    name: &'static str,
    title: &'static str,
    label: &'static str,
    kinds: &'static [Kind],
    values: &'static [usize],
    vary: fn(Load, usize) -> Load,
    /// Where kube-scheduler was measured.
    compared_at: Option<f64>,
}

/// Kinds that are about pods nearby, and so about domains.
const NEARBY: &[Kind] = &[Kind::Spread, Kind::AntiAffinity, Kind::PodAffinity];

const AXES: [Axis; 6] = [
    Axis {
        name: "nodes",
        title: "Throughput and nodes (five running pods each)",
        label: "nodes",
        kinds: &Kind::ALL,
        values: &[100, 300, 1000, 3000, 5000, 10_000, 30_000, 100_000],
        vary: |load, nodes| Load { nodes, ..load },
        compared_at: Some(5000.0),
    },
    Axis {
        name: "fill",
        title: "Throughput and fill, 5,000 nodes",
        label: "percent of CPU requested by running pods",
        kinds: &Kind::ALL,
        // 6: five pods on each node.
        values: &[6, 10, 25, 50, 75, 90, 100],
        vary: |load, percent| Load { running: Running::CpuPercent(percent as i64), ..load },
        compared_at: Some(6.0),
    },
    Axis {
        name: "templates",
        title: "Throughput and distinct templates, 5,000 nodes",
        label: "templates",
        kinds: &Kind::ALL,
        values: &[10, 30, 100, 300, 1000, 3000, 10_000],
        vary: |load, templates| Load { templates, ..load },
        compared_at: None,
    },
    Axis {
        name: "groups",
        title: "Throughput and distinct terms, 5,000 nodes",
        label: "terms, one for each value of the label",
        kinds: NEARBY,
        values: &[10, 30, 100, 300, 1000, 3000],
        vary: |load, groups| Load { groups, ..load },
        compared_at: None,
    },
    Axis {
        name: "zones",
        title: "Throughput and zones, 5,000 nodes",
        label: "zones, which terms are about",
        kinds: NEARBY,
        values: &[3, 10, 30, 100, 300, 1000],
        vary: |load, zones| Load { zones, ..load },
        compared_at: None,
    },
    Axis {
        name: "racks",
        title: "Throughput and racks, 5,000 nodes in 10 zones",
        label: "racks, which terms are about",
        kinds: &[Kind::Spread, Kind::PodAffinity],
        values: &[3, 10, 30, 100, 300, 1000],
        vary: |load, racks| Load { racks, topology_key: RACK, ..load },
        compared_at: None,
    },
];

/// Pods per second of kube-scheduler's own loop on two processors with 5,000 nodes: looking at all
/// nodes, and at its default sample of them.
fn kube_scheduler(kind: Kind) -> [f64; 2] {
    match kind {
        Kind::Basic => [153.0, 890.0],
        Kind::NodeAffinity => [101.0, 426.0],
        Kind::Spread => [82.0, 85.0],
        Kind::AntiAffinity => [56.0, 130.0],
        Kind::PodAffinity => [48.0, 106.0],
        Kind::Mixed => [73.0, 133.0],
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let known = |name: &String| AXES.iter().any(|axis| axis.name == name);
    if let Some(unknown) = arguments.only.iter().find(|name| !known(name)) {
        bail!("\"{unknown}\" is no axis; axes are {}", AXES.map(|axis| axis.name).join(", "));
    }
    let wanted = |axis: &Axis| {
        arguments.only.is_empty() || arguments.only.iter().any(|name| name == axis.name)
    };
    for axis in AXES.iter().filter(|axis| wanted(axis)) {
        let curves = axis.kinds.iter().map(|kind| curve(axis, *kind, &arguments));
        let curves = curves.collect::<Result<_>>()?;
        if let Some(folder) = &arguments.plot {
            let (title, label) = (axis.title.to_owned(), axis.label.to_owned());
            let chart = Chart { title, axis: label, curves };
            chart.write(&folder.join(format!("{}.svg", axis.name)))?;
        }
    }
    Ok(())
}

fn curve(axis: &Axis, kind: Kind, arguments: &Arguments) -> Result<Curve> {
    let up_to = arguments.up_to.unwrap_or(usize::MAX);
    let mut points = Vec::new();
    for value in axis.values.iter().copied().filter(|value| *value <= up_to) {
        let mut load = (axis.vary)(Load::new(kind), value);
        load.pods = arguments.pods.min(20 * load.nodes);
        let run = fastest(&load, arguments)?;
        let micros = |time: Duration| time.as_nanos() as f64 / 1000.0;
        let figures = json!({
            "axis": axis.name,
            "kind": kind.name(),
            "value": value,
            "pods": run.times.len(),
            "bound": run.bound,
            "pods_per_second": run.processor_rate().round(),
            "p50_us": micros(run.quantile(0.5)),
            "p99_us": micros(run.quantile(0.99)),
            "digest": format!("{:016x}", run.digest.0),
        });
        println!("{figures}");
        points.push((value as f64, run.processor_rate()));
    }
    let reference = |rate| axis.compared_at.map(|at| (at, rate));
    let references = kube_scheduler(kind).map(reference);
    Ok(Curve { name: kind.name().to_owned(), points, references })
}

/// Places the pods several times, each time by a scheduler that knows nothing yet, and takes them
/// back.
fn fastest(load: &Load, arguments: &Arguments) -> Result<Run> {
    let mut input = load.input()?;
    let limit = Duration::from_secs(arguments.limit_s);
    let mut best: Option<Run> = None;
    for _ in 0..arguments.runs.max(1) {
        let savepoint = input.cluster.savepoint();
        let run = Run::new(&mut input, &mut Scheduler::default(), limit);
        input.cluster.rollback(savepoint);
        let run = run?;
        let alike = |best: &Run| best.digest == run.digest || best.times.len() != run.times.len();
        ensure!(best.as_ref().is_none_or(alike), "the runs differ");
        if best.as_ref().is_none_or(|best| run.processor_rate() > best.processor_rate()) {
            best = Some(run);
        }
    }
    Ok(best.unwrap_or_default())
}
