//! The commands, a file each.

pub mod explain;
pub mod generate;
pub mod place;
pub mod shell;

use crate::arguments::{InputArguments, OrderArgument, SchedulingArguments};
use crate::fault::Fault;
use crate::input;
use bayplan::objects::{Object, manifest};
use bayplan::plan::{Order, PlaceOptions};
use bayplan::profile::{Profile, config};
use std::fs;
use std::path::Path;

/// The objects that a command is about. Faults go to the standard error, each with its place.
fn objects(arguments: &InputArguments) -> Result<Vec<Object>, Fault> {
    let input = input::read(&arguments.paths).map_err(Fault::new)?;
    input.faults.iter().for_each(say);
    if !input.faults.is_empty() && !arguments.keep_going {
        anstream::eprintln!("\nNothing was placed. --keep-going leaves out what is bad.");
        return Err(Fault::Said);
    }
    let notes = input.notes();
    if arguments.strict && !notes.is_empty() {
        return Err(Fault::new(format!("--strict refuses what was {}", notes.join(", "))));
    }
    Ok(input.objects.into_iter().map(|located| located.object).collect())
}

fn say(fault: &manifest::Fault) {
    anstream::eprintln!("{fault}");
}

/// How a command places pods.
fn place_options(arguments: &SchedulingArguments) -> Result<PlaceOptions, Fault> {
    let mut options = PlaceOptions {
        ties: arguments.ties,
        order: match arguments.order {
            OrderArgument::Name => Order::Name,
            OrderArgument::Input => Order::Input,
        },
        name_seed: arguments.seed,
        ..PlaceOptions::default()
    };
    if let Some(path) = &arguments.config {
        options.profiles = profiles(path)?;
    }
    Ok(options)
}

/// The profiles of a KubeSchedulerConfiguration.
fn profiles(path: &Path) -> Result<Vec<Profile>, Fault> {
    let source = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| Fault::new(format!("cannot read {source}: {error}")))?;
    let read = manifest::value(&source, &text).map_err(|fault| vec![fault]).and_then(|value| {
        let placed = |fault: &config::ConfigFault| {
            manifest::fault_of(&source, &text, &fault.path, &fault.message)
        };
        config::parse(value).map_err(|faults| faults.iter().map(placed).collect())
    });
    let configuration = read.map_err(|faults| {
        faults.iter().for_each(say);
        Fault::Said
    })?;
    if !configuration.extenders.is_empty() {
        let cure = "take `extenders` out to see what the plugins decide alone";
        return Err(Fault::new(format!("{source} has extenders, which are not called; {cure}")));
    }
    Ok(configuration.profiles)
}
