//! Random sequences of calls of the C library: with good and bad handles, texts and sizes, in any
//! order. Whatever comes, no call may panic, break a handle, lose one or undo half.
//!
//! `fuzz_calls --seconds 60 --seed 1` makes its own sequences and prints the seed of one that
//! fails; `fuzz_calls --seed 7 --once` runs that one again. `fuzz_calls < file` runs the sequence
//! of a file: the form that AFL++ wants.

mod calls;
mod source;

use calls::Calls;
use source::Source;
use std::io::Read;
use std::time::{Duration, Instant};

fn main() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.to_string().contains(calls::PLUGIN_PANIC) {
            tell(panic);
        }
    }));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse::<u64>().ok()
    };
    let seed = number("--seed").unwrap_or(1);
    if arguments.iter().any(|argument| argument == "--once") {
        Calls::run(&mut Source::seeded(seed));
    } else if let Some(seconds) = number("--seconds") {
        run_for(Duration::from_secs(seconds), seed);
    } else {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).expect("standard input can be read");
        Calls::run(&mut Source::given(bytes));
    }
}

/// Runs sequences one after the other, each from the next seed.
fn run_for(time: Duration, first: u64) {
    let start = Instant::now();
    let (mut seed, mut calls, mut successes, mut bound) = (first, 0, 0, 0);
    while start.elapsed() < time {
        let ran = std::panic::catch_unwind(|| Calls::run(&mut Source::seeded(seed)));
        match ran {
            Ok(made) => {
                calls += made.calls;
                successes += made.successes;
                bound += made.bound;
            }
            Err(_) => {
                eprintln!("failed: fuzz_calls --seed {seed} --once");
                std::process::exit(1);
            }
        }
        seed += 1;
    }
    println!(
        "{} sequences, seeds {first} to {}: {calls} calls, {successes} did what they say, {bound} pods \
         bound or counted, no finding",
        seed - first,
        seed - 1
    );
}
