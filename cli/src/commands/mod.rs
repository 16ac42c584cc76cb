//! The commands, a file each.

pub mod explain;
pub mod generate;
pub mod place;
pub mod shell;

use crate::arguments::{InputArguments, OrderArgument, SchedulingArguments};
use crate::fault::Fault;
use bayplan::objects::Object;
use bayplan::plan::{Order, PlaceOptions};

/// The objects that a command is about.
fn objects(arguments: &InputArguments) -> Result<Vec<Object>, Fault> {
    todo!()
}

/// How a command places pods.
fn place_options(arguments: &SchedulingArguments) -> Result<PlaceOptions, Fault> {
    Ok(PlaceOptions {
        ties: arguments.ties,
        order: match arguments.order {
            OrderArgument::Name => Order::Name,
            OrderArgument::Input => Order::Input,
        },
        name_seed: arguments.seed,
        ..PlaceOptions::default()
    })
}
