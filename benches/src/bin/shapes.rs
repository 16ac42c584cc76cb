//! Places the shapes of kube-scheduler's own suite, and says how long each takes.

use anyhow::{Result, bail, ensure};
use bayplan::scheduler::Engine;
use bayplan_benches::run::Run;
use bayplan_benches::shapes::{Shape, Way, all, place};
use clap::{Parser, ValueEnum};
use serde_json::json;
use std::time::Duration;

/// Places the shapes of kube-scheduler's own suite, and says how long each takes.
#[derive(Parser)]
struct Arguments {
    /// Only shapes whose name has this part.
    #[arg(long)]
    only: Option<String>,
    /// Multiplies all counts of nodes and pods.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Who places the measured pods.
    #[arg(long, value_enum, default_value_t = EngineName::Fast)]
    engine: EngineName,
    /// No more decisions of a shape when they took this many seconds.
    #[arg(long, default_value_t = 30)]
    limit_s: u64,
    /// Runs of each shape; the fastest counts.
    #[arg(long, default_value_t = 1)]
    runs: usize,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Measures nothing: both engines place so many pods of each shape on a cluster of a hundredth
    /// of the size, and must come to the same nodes.
    #[arg(long, value_name = "PODS")]
    check: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EngineName {
    /// Columns, kept and repaired.
    Fast,
    /// The plain rules.
    Plain,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let part = arguments.only.as_deref().unwrap_or_default();
    let shapes: Vec<Shape> = all().into_iter().filter(|it| it.name.contains(part)).collect();
    if shapes.is_empty() {
        bail!("no shape has \"{part}\" in its name");
    }
    if let Some(pods) = arguments.check {
        return shapes.into_iter().try_for_each(|shape| check(shape, pods));
    }
    if !arguments.json {
        print_head();
    }
    let measured = match arguments.engine {
        EngineName::Fast => Engine::Fast,
        EngineName::Plain => Engine::Plain,
    };
    let limit = Duration::from_secs(arguments.limit_s);
    let way = Way { before: Engine::Fast, measured, limit };
    for shape in shapes.into_iter().map(|shape| shape.scaled(arguments.scale)) {
        let mut best = place(&shape, &way)?;
        for _ in 1..arguments.runs {
            let run = place(&shape, &way)?;
            let whole = run.times.len() == best.times.len();
            ensure!(!whole || run.digest == best.digest, "{}: the runs differ", shape.name);
            if run.processor < best.processor {
                best = run;
            }
        }
        if arguments.json { print_json(&shape, &best) } else { print_row(&shape, &best) }
    }
    Ok(())
}

fn check(shape: Shape, pods: usize) -> Result<()> {
    let small = shape.scaled(0.01).at_most(pods);
    let digest = |engine| -> Result<_> {
        let way = Way { before: engine, measured: engine, limit: Duration::MAX };
        Ok(place(&small, &way)?.digest)
    };
    ensure!(digest(Engine::Fast)? == digest(Engine::Plain)?, "{}: they differ", small.name);
    println!("{:<38} both engines agree", small.name);
    Ok(())
}

fn print_head() {
    println!(
        "{:<38} {:>6} {:>7} {:>7} {:>9} {:>9} {:>9} {:>16} {:>7}",
        "shape", "nodes", "pods", "bound", "pods/s", "p50 us", "p99 us", "digest", "suite/s"
    );
}

fn print_row(shape: &Shape, run: &Run) {
    let micros = |time: Duration| time.as_nanos() as f64 / 1000.0;
    println!(
        "{:<38} {:>6} {:>7} {:>7} {:>9.0} {:>9.1} {:>9.1} {:016x} {:>7}",
        shape.name,
        shape.node_count(),
        run.times.len(),
        run.bound,
        run.processor_rate(),
        micros(run.quantile(0.5)),
        micros(run.quantile(0.99)),
        run.digest.0,
        shape.threshold.map_or("-".to_owned(), |threshold| threshold.to_string()),
    );
}

fn print_json(shape: &Shape, run: &Run) {
    let micros = |time: Duration| time.as_nanos() as f64 / 1000.0;
    let figures = json!({
        "shape": shape.name,
        "nodes": shape.node_count(),
        "pods": run.times.len(),
        "bound": run.bound,
        "pods_per_second": run.processor_rate().round(),
        "processor_seconds": run.processor.as_secs_f64(),
        "p50_us": micros(run.quantile(0.5)),
        "p99_us": micros(run.quantile(0.99)),
        "max_us": micros(run.quantile(1.0)),
        "digest": format!("{:016x}", run.digest.0),
        "suite_pods_per_second": shape.threshold,
    });
    println!("{figures}");
}
