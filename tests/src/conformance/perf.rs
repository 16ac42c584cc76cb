//! Recorded placements of throughput inputs. The inputs are made by a generator and not part of the
//! recording.

use super::asked::{Asked, Outcome};
use super::report::{Aspect, Comparison, Report};
use super::{PerfInputs, Way, family, read, replay};
use anyhow::{Context, Result, bail};
use bayplan::base::time::Timestamp;
use bayplan::explain::message;
use bayplan::profile::Profile;
use bayplan::scheduler::Scheduler;
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
    way: Way,
    report: &mut Report,
) -> Result<()> {
    let name = family(path);
    let Some(input) = input(path, inputs)? else {
        report.skip(&name, "give the directory of the inputs or their generator".to_owned());
        return Ok(());
    };
    report.count_case(&name);
    let mut cluster = Cluster::from_objects(read::objects(input.iter().map(String::as_str))?)?;
    let mut asked = Asked::new(Profile::default(), way);
    for line in lines {
        let recorded: Placement = serde_json::from_str(line)?;
        let decided = place(&mut cluster, &recorded.pod, asked.scheduler())?;
        let mut comparisons = recorded.compare(&decided);
        comparisons.extend(asked.compare(&mut cluster, &recorded.pod, &decided.outcome())?);
        report.count(&name, &format!("{name} {}", recorded.pod), comparisons);
        if let Some(node) = &recorded.bound {
            cluster.apply(replay::bind(&recorded.pod, node, Timestamp(0)))?;
        }
    }
    Ok(())
}

/// The lines of an input, from a file or from the generator; `None` where there is neither.
fn input(path: &Path, inputs: &PerfInputs) -> Result<Option<Vec<String>>> {
    let name = family(path);
    if let Some(directory) = &inputs.directory {
        let file = directory.join(format!("{name}.jsonl"));
        if file.exists() {
            return read::lines(&file).map(Some);
        }
    }
    let beside = || Some(path.canonicalize().ok()?.ancestors().nth(2)?.join("bench/gen_perf.py"));
    let found = || beside().filter(|generator| generator.exists());
    let Some(generator) = inputs.generator.clone().or_else(found) else { return Ok(None) };
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
    let names: Vec<_> = replay::node_names(cluster).map(str::to_owned).collect();
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
    fn outcome(&self) -> Outcome {
        Outcome { bound: self.bound.clone(), nominated: None, message: self.message.clone() }
    }

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
