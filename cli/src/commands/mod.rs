//! The commands, a file each.

pub mod explain;
pub mod generate;
pub mod place;
pub mod shell;

use crate::arguments::{InputArguments, SchedulingArguments};
use crate::fault::Fault;
use crate::input;
use bayplan::objects::Object;
use bayplan::plan::PlaceOptions;

/// The objects that a command is about. Remarks go to the standard error, as do faults that the
/// user wants to leave aside.
fn objects(arguments: &InputArguments) -> Result<Vec<Object>, Fault> {
    let input = input::read(&arguments.paths).map_err(Fault::new)?;
    let notes = input.notes();
    for fault in &input.faults {
        anstream::eprintln!("{fault}");
    }
    if !input.faults.is_empty() && !arguments.keep_going {
        return Err(Fault::new(format!(
            "{} bad in the input; mend it, or leave it out with --keep-going",
            if input.faults.len() == 1 { "1 object is" } else { "some objects are" }
        )));
    }
    if arguments.strict && !notes.is_empty() {
        return Err(Fault::new(format!("--strict: {}", notes.join("; "))));
    }
    Ok(input.objects.into_iter().map(|located| located.object).collect())
}

/// How a command places pods.
fn place_options(arguments: &SchedulingArguments) -> PlaceOptions {
    PlaceOptions { ties: arguments.ties, name_seed: arguments.seed, ..PlaceOptions::default() }
}
