//! Places the pending pods of a file and says how long that took.

use anyhow::{Context, Result};
use bayplan::scheduler::{Engine, Scheduler};
use bayplan_benches::input::Input;
use bayplan_benches::memory;
use bayplan_benches::run::Run;
use clap::{Parser, ValueEnum};
use rayon::ThreadPoolBuilder;
use serde_json::{Map, Value, json};
use std::fs::{self, File};
use std::io::BufReader;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Places the pending pods of a file, in its order, and says how long that took.
#[derive(Parser)]
struct Arguments {
    /// Kubernetes objects as JSON lines.
    #[arg(long)]
    input: PathBuf,
    /// Threads that read the input; 0 means one per processor. The engine decides one pod after
    /// the other on one thread.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Who decides.
    #[arg(long, value_enum, default_value_t = Way::Fast)]
    engine: Way,
    /// Stop when the decisions have taken this many seconds.
    #[arg(long)]
    limit_s: Option<u64>,
    /// Print the numbers as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    /// Columns, kept and repaired.
    Fast,
    /// The plain rules.
    Plain,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    memory::keep_what_is_given_back();
    ThreadPoolBuilder::new().num_threads(arguments.threads).build_global()?;
    let name = arguments.input.display().to_string();
    let start = Instant::now();
    let file = File::open(&arguments.input).with_context(|| name.clone())?;
    let mut input = Input::read(&name, BufReader::with_capacity(1 << 20, file))?;
    let load = start.elapsed();
    let mut scheduler = Scheduler::default().with_engine(match arguments.engine {
        Way::Fast => Engine::Fast,
        Way::Plain => Engine::Plain,
    });
    let limit = arguments.limit_s.map_or(Duration::MAX, Duration::from_secs);
    let processor_before = processor_time();
    let run = Run::new(&mut input, &mut scheduler, limit)?;
    let processor = processor_time().zip(processor_before).map(|(now, before)| now - before);

    let micros = |time: Duration| json!(time.as_nanos() as f64 / 1000.0);
    let seconds = |time: Duration| json!(time.as_secs_f64());
    let figures = [
        ("nodes", json!(input.cluster.nodes().len())),
        ("pods", json!(input.pending.len())),
        ("decisions", json!(run.times.len())),
        ("bound", json!(run.bound)),
        ("unschedulable", json!(run.unschedulable)),
        ("seconds", seconds(run.total())),
        ("processor_seconds", processor.map_or(Value::Null, seconds)),
        ("pods_per_second", json!(run.rate().round())),
        ("p50_us", micros(run.quantile(0.5))),
        ("p99_us", micros(run.quantile(0.99))),
        ("max_us", micros(run.quantile(1.0))),
        ("load_seconds", seconds(load)),
        ("peak_resident_bytes", json!(peak_resident_bytes())),
        ("digest", json!(format!("{:016x}", run.digest.0))),
    ];
    if arguments.json {
        let all: Map<String, Value> =
            figures.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        println!("{}", Value::Object(all));
    } else {
        for (name, value) in figures {
            println!("{name:<20} {value}");
        }
    }
    Ok(())
}

/// Time that this thread ran on a processor; `None` where the system does not tell.
fn processor_time() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}

/// The most memory that the process has had at once; `None` where the system does not tell.
fn peak_resident_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}
