//! Compares the fast engine with the plain rules on random clusters. Exit status 1 where they
//! differ.
//!
//! A terminal is shown a bar, anything else a line now and then. A difference is printed as soon as
//! it is found, with the command that finds it again.

use bayplan_tests::differential::{Coverage, STEPS, run};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Compares the fast engine with the plain rules on random clusters.
#[derive(Parser)]
struct Arguments {
    /// Seed of the first sequence; the others follow it.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many decisions to compare, at least: sequences are not cut short.
    #[arg(long, default_value_t = 100_000)]
    decisions: u64,
    /// How many steps a sequence has.
    #[arg(long, default_value_t = STEPS)]
    steps: usize,
    /// How many threads; the outcome does not depend on it. 0 means one per processor.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// After how many differences to give up.
    #[arg(long, default_value_t = 5)]
    show: u64,
}

/// How many sequences are run between two looks at what they came to: many enough for all threads,
/// always as many, so that the same seeds are run whatever the number of threads.
const BATCH: u64 = 256;

/// Time between two lines where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(arguments.threads).build()?;
    let mut progress = Progress::new(arguments.decisions);
    let (mut next, mut total, mut differences) = (arguments.seed, Coverage::default(), 0);
    while total.decisions < arguments.decisions && differences < arguments.show {
        let wanted = arguments.decisions - total.decisions;
        let batch = wanted.div_ceil(arguments.steps.max(1) as u64).clamp(1, BATCH);
        let seeds = next..next.saturating_add(batch);
        let bar = &progress.bar;
        let outcomes: Vec<_> = pool.install(|| {
            let outcome = |seed| {
                run(seed, arguments.steps)
                    .inspect_err(|difference| bar.suspend(|| println!("{difference}\n")))
            };
            seeds.into_par_iter().map(outcome).collect()
        });
        for outcome in outcomes {
            match outcome {
                Ok(coverage) => total = total.and(coverage),
                Err(_) => differences += 1,
            }
        }
        next = next.saturating_add(batch);
        progress.set(total.decisions, next);
        if total.decisions == 0 {
            // Sequences without a step decide nothing.
            break;
        }
    }
    progress.finish();
    let (seed, last) = (arguments.seed, next.saturating_sub(1));
    println!("{total}");
    println!(
        "seeds {seed} to {last}: {} decisions, {differences} differences, {:.0} decisions a second",
        total.decisions,
        progress.per_second(total.decisions),
    );
    Ok(if differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How far the run is.
struct Progress {
    bar: ProgressBar,
    decisions: u64,
    started: Instant,
    next_line: Instant,
}

impl Progress {
    fn new(decisions: u64) -> Self {
        let bar = ProgressBar::new(decisions);
        let template = "{wide_bar} {human_pos} of {human_len} decisions, {per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let started = Instant::now();
        let next_line = started + BETWEEN_LINES;
        Self { bar, decisions, started, next_line }
    }

    fn set(&mut self, done: u64, next_seed: u64) {
        self.bar.set_position(done);
        if !std::io::stderr().is_terminal() && Instant::now() >= self.next_line {
            self.next_line = Instant::now() + BETWEEN_LINES;
            eprintln!(
                "{done} of {} decisions, {:.0} a second; next is seed {next_seed}",
                self.decisions,
                self.per_second(done),
            );
        }
    }

    fn per_second(&self, done: u64) -> f64 {
        done as f64 / self.started.elapsed().as_secs_f64()
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
