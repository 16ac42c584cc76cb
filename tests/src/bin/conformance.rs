//! Compares bayplan with recorded decisions of kube-scheduler. Exit status 1 where they differ.

use anyhow::Result;
use bayplan_tests::conformance::report::Report;
use bayplan_tests::conformance::{PerfInputs, Way, golden, judge};
use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

/// Compares bayplan with recorded decisions of kube-scheduler.
#[derive(Parser)]
struct Arguments {
    /// Recordings (*.jsonl, *.jsonl.gz) or directories of them [default: those of the repository].
    paths: Vec<PathBuf>,
    /// Who decides.
    #[arg(long, value_enum, default_value_t = Engine::Fast)]
    engine: Engine,
    /// Print the counts as JSON.
    #[arg(long)]
    json: bool,
    /// How many mismatches to show.
    #[arg(long, default_value_t = 0)]
    show: usize,
    /// Directory with the inputs of throughput recordings, `<workload>-<nodes>.jsonl`.
    #[arg(long)]
    perf_inputs: Option<PathBuf>,
    /// Program that makes these inputs, run by python3 [default: bench/gen_perf.py beside the
    /// directory of the recording].
    #[arg(long)]
    generator: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// Columns, kept and repaired. Scheduling has to come to what evaluating says.
    Fast,
    /// The same, made anew for every question.
    Anew,
    /// The plain rules.
    Plain,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let way = match arguments.engine {
        Engine::Fast => Way::Fast,
        Engine::Anew => Way::Anew,
        Engine::Plain => Way::Plain,
    };
    let perf = PerfInputs { directory: arguments.perf_inputs, generator: arguments.generator };
    let paths = if arguments.paths.is_empty() { vec![golden()] } else { arguments.paths };
    let mut report = Report::new(arguments.show);
    judge(&paths, &perf, way, &mut report)?;
    if arguments.json {
        println!("{:#}", report.to_json());
    } else {
        report.shown().iter().for_each(|mismatch| println!("{mismatch}\n"));
        println!("{report}");
    }
    Ok(if report.mismatches() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
