//! Compares the fast engine with the plain rules on random clusters. Exit status 1 where they
//! differ.

use bayplan_tests::differential::{STEPS, run};
use clap::Parser;
use rayon::prelude::*;
use std::process::ExitCode;

/// Compares the fast engine with the plain rules on random clusters.
#[derive(Parser)]
struct Arguments {
    /// Seed of the first sequence; the others follow it.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many decisions to compare, about: sequences are not cut short.
    #[arg(long, default_value_t = 100_000)]
    decisions: usize,
    /// How many steps a sequence has.
    #[arg(long, default_value_t = STEPS)]
    steps: usize,
    /// How many threads; the outcome does not depend on it. 0 means one per processor.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// How many differences to show.
    #[arg(long, default_value_t = 5)]
    show: usize,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let Arguments { seed, steps, .. } = arguments;
    let sequences = arguments.decisions.div_ceil(steps.max(1)) as u64;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(arguments.threads).build()?;
    let seeds = (0..sequences).into_par_iter().map(|at| seed.wrapping_add(at));
    let outcomes: Vec<_> = pool.install(|| seeds.map(|seed| run(seed, steps)).collect());
    let (mut decisions, mut differences) = (0, 0);
    for outcome in outcomes {
        match outcome {
            Ok(compared) => decisions += compared,
            Err(difference) => {
                differences += 1;
                if differences <= arguments.show {
                    println!("{difference}\n");
                }
            }
        }
    }
    let last = seed.wrapping_add(sequences.saturating_sub(1));
    println!("seeds {seed} to {last}: {decisions} decisions, {differences} differences");
    Ok(if differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
