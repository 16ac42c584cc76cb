//! Recorded placements of throughput inputs. The inputs are made by a generator and not part of the
//! recording.

use super::report::{Aspect, Comparison, Report};
use super::{PerfInputs, family, read, replay};
use anyhow::{Context, Result, bail};
use bayplan::base::time::Timestamp;
use bayplan::explain::message;
use bayplan::objects::Object;
use bayplan::scheduler::{Engine, Scheduler};
use bayplan::state::Cluster;
use serde::Deserialize;
use std::path::Path;
use std::process::Command;

/// What became of one pod.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Placement {
    pod: String,
    feasible: usize,
    best_total: Option<i64>,
    best: Vec<String>,
    bound: Option<String>,
    message: Option<String>,
}

/// Judges one recording.
pub(super) fn judge(
    path: &Path,
    lines: &[String],
    inputs: &PerfInputs,
    engine: Engine,
    report: &mut Report,
) -> Result<()> {
    let name = family(path);
    let Some(input) = input(&name, inputs)? else {
        report.skip(&name, "give the directory of the inputs or their generator".to_owned());
        return Ok(());
    };
    report.count_case(&name);
    let mut objects = Vec::new();
    let mut pending = 0;
    for line in &input {
        let Some(object) = read::object(serde_json::from_str(line)?)? else { continue };
        if matches!(&object, Object::Pod(pod) if pod.node_name.is_none()) {
            pending += 1;
            if pending > lines.len() {
                break;
            }
        }
        objects.push(object);
    }
    let mut cluster = Cluster::from_objects(objects)?;
    let mut scheduler = Scheduler::default().with_engine(engine);
    for line in lines {
        let recorded: Placement = serde_json::from_str(line)?;
        let decided = place(&mut cluster, &recorded.pod, &mut scheduler)?;
        report.count(&name, &format!("{name} {}", recorded.pod), recorded.compare(&decided));
        if let Some(node) = &recorded.bound {
            cluster.apply(replay::bind(&recorded.pod, node, Timestamp(0)))?;
        }
    }
    Ok(())
}

/// The lines of an input, from a file or from the generator; `None` where neither is given.
fn input(name: &str, inputs: &PerfInputs) -> Result<Option<Vec<String>>> {
    if let Some(directory) = &inputs.directory {
        let file = directory.join(format!("{name}.jsonl"));
        if file.exists() {
            return read::lines(&file).map(Some);
        }
    }
    let Some(generator) = &inputs.generator else { return Ok(None) };
    let (workload, nodes) = name.rsplit_once('-').context("the name is not <workload>-<nodes>")?;
    let mut command = Command::new("python3");
    command.arg(generator).args(["--workload", workload, "--nodes", nodes]);
    let output = command.output().context("python3")?;
    if !output.status.success() {
        bail!("the generator failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8(output.stdout)?;
    Ok(Some(text.lines().map(str::to_owned).collect()))
}

fn place(cluster: &mut Cluster, key: &str, scheduler: &mut Scheduler) -> Result<Placement> {
    let (namespace, name) = replay::split(key);
    let evaluation = scheduler.evaluate(cluster, &namespace, &name)?;
    let names: Vec<String> = replay::node_names(cluster).map(str::to_owned).collect();
    let best: Vec<_> = evaluation.best().iter().map(|ix| names[*ix].clone()).collect();
    let mut message = None;
    if best.is_empty() {
        let outcome = scheduler.post_filter(cluster, &namespace, &name, &evaluation)?;
        message = Some(message::unschedulable(&evaluation, names.len(), &outcome.text));
    }
    Ok(Placement {
        pod: key.to_owned(),
        feasible: evaluation.feasible().len(),
        best_total: evaluation.scores.iter().map(|row| row.total).max(),
        bound: best.first().cloned(),
        best,
        message,
    })
}

impl Placement {
    fn compare(&self, decided: &Self) -> Vec<Comparison> {
        fn of<T: std::fmt::Debug>(aspect: Aspect, recorded: &T, decided: &T) -> Comparison {
            Comparison::of(aspect, "", format!("{recorded:?}"), format!("{decided:?}"))
        }
        vec![
            of(Aspect::Filter, &self.feasible, &decided.feasible),
            of(Aspect::Scores, &self.best_total, &decided.best_total),
            of(Aspect::Best, &self.best, &decided.best),
            of(Aspect::Bound, &self.bound, &decided.bound),
            of(Aspect::Message, &self.message, &decided.message),
        ]
    }
}
