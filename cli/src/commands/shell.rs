//! `bayplan completions`, `man` and `version`: what a packager asks for.

use crate::Verdict;
use crate::arguments::Arguments;
use crate::fault::Fault;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::{self, Write};

/// Writes a completion script.
pub fn completions(shell: Shell) -> Result<Verdict, Fault> {
    // Written in one piece, as the generator panics where its writer fails.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "bayplan", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Verdict::Well)
}

/// Writes the manual: the program's page, then one for each command.
pub fn man() -> Result<Verdict, Fault> {
    let mut command = Arguments::command();
    command.build();
    let mut out = io::stdout().lock();
    clap_mangen::Man::new(command.clone()).render(&mut out)?;
    for subcommand in command.get_subcommands().filter(|command| command.get_name() != "help") {
        clap_mangen::Man::new(subcommand.clone()).render(&mut out)?;
    }
    Ok(Verdict::Well)
}

/// Prints the version, and of which kube-scheduler the decisions are.
pub fn version() -> Result<Verdict, Fault> {
    writeln!(io::stdout(), "bayplan {} (kube-scheduler v1.35)", env!("CARGO_PKG_VERSION"))?;
    Ok(Verdict::Well)
}
