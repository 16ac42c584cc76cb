//! Questions about one pod, answered into arrays of the caller with an entry per node number.

use crate::decider::Decider;
use crate::fault::Fault;
use crate::status::bayplan_status::*;
use crate::world::World;
use bayplan::plugins::reason::Code;
use bayplan::state::ix::NodeIx;
use bayplan::{Decision, Evaluation, Verdict};

/// There is no node of this number now.
pub const BAYPLAN_VERDICT_ABSENT: u8 = 0;
/// The pod may run on the node.
pub const BAYPLAN_VERDICT_FEASIBLE: u8 = 1;
/// It may not, but removing pods from the node might help.
pub const BAYPLAN_VERDICT_UNSCHEDULABLE: u8 = 2;
/// It may not, whatever pods are removed from the node.
pub const BAYPLAN_VERDICT_UNRESOLVABLE: u8 = 3;
/// The node was not looked at: the pod as a whole is not for it.
pub const BAYPLAN_VERDICT_EXCLUDED: u8 = 4;
/// A plugin failed on the node.
pub const BAYPLAN_VERDICT_ERROR: u8 = 5;

/// Says that a node was not scored.
pub const BAYPLAN_NO_SCORE: i64 = i64::MIN;

/// A pod by its name.
#[derive(Clone, Copy)]
pub(crate) struct PodNamed<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

/// Whether an array has an entry for every node number.
pub(crate) fn check_length(length: usize, world: &World, name: &str) -> Result<(), Fault> {
    match length >= world.numbers.len() {
        true => Ok(()),
        false => {
            let (has, wanted) = (length, world.numbers.len());
            let text = format!("{name}: {has} entries for {wanted} node numbers");
            let field = name.to_owned();
            Err(Fault { field, ..Fault::new(BAYPLAN_ERR_TOO_SHORT, text) })
        }
    }
}

/// What an attempt to place the pod would find.
fn evaluate(
    decider: &mut Decider,
    world: &mut World,
    pod: PodNamed<'_>,
) -> Result<Evaluation, Fault> {
    decider.ask(world, |scheduler, cluster| {
        Ok(scheduler.evaluate(cluster, pod.namespace, pod.name)?)
    })
}

/// The verdict of every node; how many are feasible.
pub(crate) fn filter(
    decider: &mut Decider,
    world: &mut World,
    pod: PodNamed<'_>,
    verdicts: &mut [u8],
) -> Result<usize, Fault> {
    check_length(verdicts.len(), world, "verdicts")?;
    let evaluation = evaluate(decider, world, pod)?;
    verdicts.fill(BAYPLAN_VERDICT_ABSENT);
    let whole = evaluation.pre_enqueue.as_ref().or(evaluation.pre_filter.as_ref());
    let whole = whole.map_or(BAYPLAN_VERDICT_EXCLUDED, |rejection| code(rejection.code));
    for (rank, number) in numbers_by_rank(world).enumerate() {
        verdicts[number] = evaluation.verdicts.get(rank).map_or(whole, verdict);
    }
    Ok(evaluation.feasible().len())
}

/// The total of every node, and the part of every scoring plugin for every node; how many nodes
/// were scored.
pub(crate) fn score(
    decider: &mut Decider,
    world: &mut World,
    pod: PodNamed<'_>,
    totals: &mut [i64],
    parts: Option<&mut [i64]>,
) -> Result<usize, Fault> {
    check_length(totals.len(), world, "totals")?;
    let width = totals.len();
    let plugins = decider.scoring_plugins();
    if let Some(parts) = &parts
        && parts.len() < plugins.len().saturating_mul(width)
    {
        return Err(Fault::argument(BAYPLAN_ERR_TOO_SHORT, "parts"));
    }
    let evaluation = evaluate(decider, world, pod)?;
    let numbers: Vec<usize> = numbers_by_rank(world).collect();
    totals.fill(BAYPLAN_NO_SCORE);
    for row in &evaluation.scores {
        totals[numbers[row.node]] = row.total;
    }
    if let Some(parts) = parts {
        parts.fill(0);
        for row in &evaluation.scores {
            for (plugin, score) in &row.parts {
                if let Some(at) = plugins.iter().position(|known| known == plugin) {
                    parts[at * width + numbers[row.node]] = *score;
                }
            }
        }
    }
    Ok(evaluation.scores.len())
}

/// What PostFilter comes to for a pod that no node takes; nothing is changed.
pub(crate) fn preempt(
    decider: &mut Decider,
    world: &mut World,
    pod: PodNamed<'_>,
) -> Result<Decision, Fault> {
    decider.ask(world, |scheduler, cluster| {
        let evaluation = scheduler.evaluate(cluster, pod.namespace, pod.name)?;
        if evaluation.nominated_fast_path || !evaluation.feasible().is_empty() {
            let text = "a node takes the pod: nobody has to make room";
            return Err(Fault::new(BAYPLAN_ERR_ARGUMENT, text));
        }
        let found = scheduler.post_filter(cluster, pod.namespace, pod.name, &evaluation)?;
        let message = bayplan::explain::message::unschedulable(
            &evaluation,
            cluster.nodes().len(),
            &found.text,
        );
        Ok(match found.chosen() {
            Some(chosen) => Decision::Nominated {
                node: chosen.node.clone(),
                victims: chosen.victims.clone(),
                message,
            },
            None => Decision::Unschedulable(message),
        })
    })
}

fn verdict(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Feasible => BAYPLAN_VERDICT_FEASIBLE,
        Verdict::Rejected(rejection) => code(rejection.code),
        // Nobody samples here, so that every node is examined that is not excluded.
        Verdict::Excluded | Verdict::NotExamined => BAYPLAN_VERDICT_EXCLUDED,
    }
}

fn code(code: Code) -> u8 {
    match code {
        Code::Unschedulable => BAYPLAN_VERDICT_UNSCHEDULABLE,
        Code::UnschedulableAndUnresolvable => BAYPLAN_VERDICT_UNRESOLVABLE,
        Code::Error => BAYPLAN_VERDICT_ERROR,
    }
}

/// Numbers of the nodes that are there, in byte order of their names.
fn numbers_by_rank(world: &World) -> impl Iterator<Item = usize> {
    let by_rank = world.cluster.nodes().by_rank.iter();
    by_rank.map(|node: &NodeIx| world.numbers.of(*node) as usize)
}
