//! `bayplan generate`.

use crate::Verdict;
use crate::arguments::{Generate, GenerateOutput, GeneratedOwners};
use crate::fault::Fault;
use crate::progress::Progress;
use crate::render::yaml;
use bayplan_datasets::generate::Owners;
use bayplan_datasets::{Generator, Options};
use std::fs::File;
use std::io::{self, BufWriter, Write};

/// Writes the objects one by one.
pub fn run(arguments: &Generate) -> Result<Verdict, Fault> {
    let generator =
        Generator::new(options(arguments)).map_err(|error| Fault::new(format!("--{error}")))?;
    match &arguments.to {
        Some(path) => {
            let file = File::create(path)
                .map_err(|error| Fault::new(format!("cannot write {}: {error}", path.display())))?;
            write(generator, arguments.output, BufWriter::new(file))?;
        }
        None => write(generator, arguments.output, BufWriter::new(io::stdout().lock()))?,
    }
    Ok(Verdict::Well)
}

fn options(arguments: &Generate) -> Options {
    Options {
        nodes: arguments.nodes,
        pods: arguments.pods,
        templates: arguments.templates,
        mix: arguments.mix.clone(),
        requests_percent: arguments.requests,
        running_per_node: arguments.running_per_node,
        daemon_sets: arguments.daemonsets,
        zones: arguments.zones,
        racks: arguments.racks,
        tainted_percent: arguments.tainted,
        owners: match arguments.owners {
            GeneratedOwners::None => Owners::None,
            GeneratedOwners::Deployments => Owners::Deployments,
        },
        seed: arguments.seed,
    }
}

fn write(generator: Generator, output: GenerateOutput, mut out: impl Write) -> Result<(), Fault> {
    let total = generator.objects_max();
    let mut progress = Progress::new("generating");
    for (done, text) in generator.enumerate() {
        match output {
            GenerateOutput::Jsonl => writeln!(out, "{text}")?,
            GenerateOutput::Yaml => {
                writeln!(out, "---")?;
                yaml::write(&serde_json::from_str(&text)?, &mut out)?;
            }
        }
        progress.set(done, total);
    }
    out.flush()?;
    Ok(())
}
