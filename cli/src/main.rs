//! The program `bayplan`: reads what a user gives, asks the engine, prints what it says.
//!
//! Exit codes are part of the interface: 0 all is well, 1 something found no node, 2 the input or
//! the call is bad.

mod arguments;
mod commands;
mod fault;
mod input;
mod progress;
mod render;

use arguments::{Arguments, Command};
use clap::Parser;
use fault::Fault;
use std::process::ExitCode;

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Place(arguments) => commands::place::run(&arguments),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Generate(options) => commands::generate::run(&options),
        Command::Completions { shell } => commands::shell::completions(shell),
        Command::Man => commands::shell::man(),
        Command::Version => commands::shell::version(),
    };
    match result {
        Ok(verdict) => verdict.into(),
        Err(Fault::NobodyReads) => ExitCode::SUCCESS,
        Err(fault) => {
            fault.print();
            ExitCode::from(2)
        }
    }
}

/// How a command that did its work ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// All is well.
    Well,
    /// Something found no node.
    Pending,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Well => Self::SUCCESS,
            Verdict::Pending => Self::from(1),
        }
    }
}
