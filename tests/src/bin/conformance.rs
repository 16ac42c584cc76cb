//! Compares bayplan with recorded decisions of kube-scheduler. Exit status 1 where they differ.

use anyhow::Result;
use bayplan_tests::conformance::engine::{Engine, Plain};
use bayplan_tests::conformance::report::Report;
use bayplan_tests::conformance::{PerfInputs, judge};
use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

/// Compares bayplan with recorded decisions of kube-scheduler.
#[derive(Parser)]
struct Arguments {
    /// Recordings (*.jsonl, *.jsonl.gz) or directories of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Who decides.
    #[arg(long, value_enum, default_value_t = Way::Plain)]
    engine: Way,
    /// Print the counts as JSON.
    #[arg(long)]
    json: bool,
    /// How many mismatches to show.
    #[arg(long, default_value_t = 0)]
    show: usize,
    /// Directory with the inputs of throughput recordings, <workload>-<nodes>.jsonl.
    #[arg(long)]
    perf_inputs: Option<PathBuf>,
    /// Program that makes these inputs, run by python3.
    #[arg(long)]
    generator: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    /// The plain rules.
    Plain,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut engine: Box<dyn Engine> = match arguments.engine {
        Way::Plain => Box::new(Plain),
    };
    let perf = PerfInputs { directory: arguments.perf_inputs, generator: arguments.generator };
    let mut report = Report::new(arguments.show);
    judge(&arguments.paths, &perf, engine.as_mut(), &mut report)?;
    if arguments.json {
        println!("{:#}", report.to_json());
    } else {
        report.shown().iter().for_each(|mismatch| println!("{mismatch}\n"));
        println!("{report}");
    }
    Ok(if report.mismatches() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
