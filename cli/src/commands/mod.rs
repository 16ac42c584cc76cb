//! The commands, a file each.

pub mod explain;
pub mod generate;
pub mod place;
pub mod shell;

use crate::arguments::{InputArguments, Order, SchedulingArguments};
use crate::fault::Fault;
use crate::input;
use bayplan::objects::{Object, manifest};
use bayplan::plan::PlaceOptions;
use bayplan::profile::{Profile, config};
use std::fs;
use std::path::Path;

/// The objects that a command is about, in the order in which their pods queue. Faults go to the
/// standard error, each with its place, as does what was skipped and would have mattered.
fn objects(arguments: &InputArguments, order: Order) -> Result<Vec<Object>, Fault> {
    let input = input::read(&arguments.paths).map_err(Fault::new)?;
    input.faults.iter().for_each(say);
    if !input.faults.is_empty() && !arguments.keep_going {
        anstream::eprintln!("\nNothing was placed. --keep-going leaves out what is bad.");
        return Err(Fault::Said);
    }
    for ((version, kind), tally) in input.skipped_with_effect() {
        let skipped = format!("{kind} of {version} is not understood and matters ({tally})");
        if arguments.strict {
            return Err(Fault::new(skipped));
        }
        anstream::eprintln!("note: {skipped}");
    }
    let mut objects: Vec<_> = input.objects.into_iter().map(|located| located.object).collect();
    if order == Order::Name {
        objects.sort_by_cached_key(|object| {
            let meta = object.meta();
            (object.kind(), meta.namespace.clone(), meta.name.clone())
        });
    }
    Ok(objects)
}

fn say(fault: &manifest::Fault) {
    anstream::eprintln!("{fault}");
}

/// How a command places pods.
fn place_options(arguments: &SchedulingArguments) -> Result<PlaceOptions, Fault> {
    let mut options =
        PlaceOptions { ties: arguments.ties, name_seed: arguments.seed, ..PlaceOptions::default() };
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
    let read = manifest::value(&source, &text).map_err(|fault| vec![*fault]).and_then(|value| {
        let placed = |fault: &config::ConfigFault| {
            manifest::fault_of(&source, &text, &fault.path, &fault.message)
        };
        config::parse(value).map_err(|faults| faults.iter().map(placed).collect())
    });
    let configuration = read.map_err(|faults: Vec<_>| {
        faults.iter().for_each(say);
        Fault::Said
    })?;
    if !configuration.extenders.is_empty() {
        let cure = "take `extenders` out to see what the plugins decide alone";
        return Err(Fault::new(format!("{source} has extenders, which are not called; {cure}")));
    }
    Ok(configuration.profiles)
}
