//! PostFilter by the plain rules: on every node that might do with fewer pods, all pods of lower
//! priority are taken away on a copy and put back one by one as long as the pod still fits.

use super::victims::{sort_by_importance, split_by_budgets};
use super::{Candidate, Nomination, Preemption, choose};
use crate::cycle::attempt::Attempt;
use crate::cycle::evaluation::{Evaluation, Verdict};
use crate::cycle::fit_error::FitError;
use crate::objects::pod::{PodCondition, PreemptionPolicy};
use crate::objects::{NodeInfo, Pod, Snapshot};
use crate::plugins::Plugin;
use crate::plugins::contract::Context;
use crate::plugins::reason::{Code, Rejection};
use crate::profile::Profile;
use std::collections::BTreeSet;

pub(super) const NOT_HELPFUL: &str = "Preemption is not helpful for scheduling";
pub(super) const NO_VICTIMS: &str = "No preemption victims found for incoming pod";

/// Asks the PostFilter plugins about a pod that no node takes, as `evaluation` found.
pub fn post_filter<'a>(
    snapshot: &'a Snapshot<'a>,
    profile: &'a Profile,
    pod: &'a Pod,
    evaluation: &Evaluation,
) -> Preemption<'a> {
    if profile.post_filter.is_empty() || evaluation.error.is_some() {
        return Preemption { nomination: Nomination::Clear, ..Preemption::default() };
    }
    let mut attempt = Attempt::new(Context { pod, snapshot, profile });
    let found = attempt.pre_filter();
    if found.rejection.is_none() && attempt.filters_by(Plugin::DynamicResources) {
        // Its PostFilter goes by what its filter met on the nodes.
        attempt.filter_all(&found);
    }
    let mut outcome = Preemption::default();
    let mut texts = Vec::new();
    for plugin in &profile.post_filter {
        let text = if *plugin == Plugin::DefaultPreemption {
            default_preemption(&attempt, evaluation, &mut outcome)
        } else {
            let answer = attempt.post_filter(*plugin).map_err(str::to_owned);
            answer.map(|answer| {
                let answer = answer?;
                outcome.deallocated = outcome.deallocated.or(answer.deallocated);
                Some(answer.text)
            })
        };
        match text {
            Ok(_) if outcome.nomination == Nomination::Set => return outcome,
            Ok(text) => texts.extend(text),
            Err(text) => {
                let deallocated = outcome.deallocated;
                return Preemption { text, deallocated, ..Preemption::default() };
            }
        }
    }
    outcome.text = texts.join(", ");
    outcome
}

/// Fills the outcome; gives back the text, or that of the failure that ends PostFilter.
fn default_preemption<'a>(
    attempt: &Attempt<'a>,
    evaluation: &Evaluation,
    outcome: &mut Preemption<'a>,
) -> Result<Option<String>, String> {
    let context = &attempt.context;
    if let Some(why) = not_eligible(context, evaluation) {
        return Ok(Some(format!("preemption: {why}")));
    }
    let tried = try_nodes(attempt, evaluation);
    if !tried.candidates.is_empty() {
        outcome.ties = choose::ties(&tried.candidates);
        outcome.candidates = tried.candidates;
        outcome.nomination = Nomination::Set;
        return Ok(None);
    }
    match tried.errors.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => {}
        [one] => return Err(format!("preemption: {one}")),
        all => return Err(format!("preemption: [{}]", all.join(", "))),
    }
    outcome.nomination = Nomination::Clear;
    Ok(Some(format!("preemption: {}", tried.fit_error)))
}

/// Why the pod may not preempt, if so.
fn not_eligible(context: &Context, evaluation: &Evaluation) -> Option<&'static str> {
    let Context { pod, snapshot, .. } = context;
    if pod.spec.preemption_policy == Some(PreemptionPolicy::Never) {
        return Some("not eligible due to preemptionPolicy=Never.");
    }
    let nominated = &pod.status.nominated_node_name;
    let at = snapshot.nodes.iter().position(|node| node.node.name() == nominated)?;
    let waits_for = |other: &&Pod| other.priority() < pod.priority() && is_being_preempted(other);
    (code_of(evaluation, at) != Some(Code::UnschedulableAndUnresolvable)
        && snapshot.nodes[at].pods.iter().any(waits_for))
    .then_some("not eligible due to a terminating pod on the nominated node.")
}

fn is_being_preempted(pod: &Pod) -> bool {
    let by_scheduler = |condition: &PodCondition| {
        condition.status == "True" && condition.reason == "PreemptionByScheduler"
    };
    let conditions = &pod.status.conditions;
    let target = conditions.iter().find(|condition| condition.kind == "DisruptionTarget");
    pod.is_terminating() && target.is_some_and(by_scheduler)
}

/// How the node was rejected; `None` where it was not.
pub(super) fn code_of(evaluation: &Evaluation, node: usize) -> Option<Code> {
    match (&evaluation.pre_filter, evaluation.verdicts.get(node)) {
        (Some(rejection), _) | (None, Some(Verdict::Rejected(rejection))) => Some(rejection.code),
        (None, Some(Verdict::Excluded)) => Some(Code::UnschedulableAndUnresolvable),
        (None, Some(Verdict::Feasible | Verdict::NotExamined) | None) => None,
    }
}

/// What came of trying all nodes.
struct Tried<'a> {
    candidates: Vec<Candidate<'a>>,
    fit_error: FitError,
    errors: BTreeSet<String>,
}

fn try_nodes<'a>(attempt: &Attempt<'a>, evaluation: &Evaluation) -> Tried<'a> {
    let snapshot = attempt.context.snapshot;
    let fit_error = FitError { nodes: snapshot.nodes.len(), ..FitError::default() };
    let mut tried = Tried { candidates: Vec::new(), fit_error, errors: BTreeSet::new() };
    for (ix, node) in snapshot.nodes.iter().enumerate() {
        if code_of(evaluation, ix) != Some(Code::Unschedulable) {
            tried.fit_error.count_text(NOT_HELPFUL);
            continue;
        }
        match select_victims(attempt.clone(), node.clone()) {
            Ok(victims) if victims.pods.is_empty() => {
                let name = node.node.name();
                tried.errors.insert(format!("expected at least one victim pod on node \"{name}\""));
            }
            Ok(Victims { pods, num_pdb_violations }) => {
                tried.candidates.push(Candidate { node: ix, victims: pods, num_pdb_violations });
            }
            Err(None) => tried.fit_error.count_text(NO_VICTIMS),
            Err(Some(rejection)) if rejection.code == Code::Error => {
                tried.errors.insert(rejection.text());
            }
            Err(Some(rejection)) => tried.fit_error.count(&rejection.reasons),
        }
    }
    tried
}

/// Pods whose removal makes room on a node.
struct Victims<'a> {
    pods: Vec<&'a Pod>,
    num_pdb_violations: usize,
}

/// The least important pods whose removal makes room on the node; both arguments are copies to try
/// on. An error tells why there are none: `None` where nothing on the node is of lower priority.
fn select_victims<'a>(
    mut attempt: Attempt<'a>,
    mut node: NodeInfo<'a>,
) -> Result<Victims<'a>, Option<Rejection>> {
    let Context { pod, snapshot, .. } = attempt.context;
    let mut removed = node.pods.clone();
    removed.retain(|other| other.priority() < pod.priority());
    if removed.is_empty() {
        return Err(None);
    }
    for other in &removed {
        attempt.remove_pod(other, &mut node);
    }
    if let Some(rejection) = attempt.filter_with_nominated(&node) {
        return Err(Some(rejection));
    }
    sort_by_importance(&mut removed);
    let (violating, others) = split_by_budgets(snapshot.store, &removed);
    let mut must_go = |other: &&'a Pod| {
        attempt.add_pod(other, &mut node);
        let stays = attempt.filter_with_nominated(&node).is_none();
        if !stays {
            attempt.remove_pod(other, &mut node);
        }
        !stays
    };
    let mut pods: Vec<_> = violating.into_iter().filter(&mut must_go).collect();
    let num_pdb_violations = pods.len();
    pods.extend(others.into_iter().filter(&mut must_go));
    sort_by_importance(&mut pods);
    Ok(Victims { pods, num_pdb_violations })
}
