//! Decisions: what became of one attempt to place a pod.

use crate::error::answer;
use crate::handle::{self, Handle};
use crate::memory::bayplan_str;
use crate::numbers::{BAYPLAN_NO_NODE, Numbers};
use crate::status::bayplan_status;
use bayplan::Decision;

/// What became of one attempt to place a pod: plain data that never changes. Owned by the caller:
/// free it with `bayplan_decision_free`. Questions about a value that is no live decision have the
/// neutral answer: 0, empty, `BAYPLAN_NO_NODE`.
#[allow(non_camel_case_types)]
pub struct bayplan_decision(());

/// What a decision handle stands for.
pub(crate) struct Decided {
    decision: Decision,
    number: u32,
    message: String,
}

impl Handle for bayplan_decision {
    type Object = Decided;
}

/// No outcome: the handle is no live decision, or there was no attempt.
pub const BAYPLAN_OUTCOME_NONE: u8 = 0;
/// The pod is bound to the node.
pub const BAYPLAN_OUTCOME_BOUND: u8 = 1;
/// The pod is nominated to the node and waits until the victims are gone.
pub const BAYPLAN_OUTCOME_NOMINATED: u8 = 2;
/// No node will do.
pub const BAYPLAN_OUTCOME_UNSCHEDULABLE: u8 = 3;
/// A gate holds the pod back; it was not attempted.
pub const BAYPLAN_OUTCOME_GATED: u8 = 4;
/// The pod is being deleted; it was not attempted.
pub const BAYPLAN_OUTCOME_SKIPPED: u8 = 5;

/// The number of an outcome.
pub(crate) fn outcome(decision: &Decision) -> u8 {
    match decision {
        Decision::Bound { .. } => BAYPLAN_OUTCOME_BOUND,
        Decision::Nominated { .. } => BAYPLAN_OUTCOME_NOMINATED,
        Decision::Unschedulable(_) => BAYPLAN_OUTCOME_UNSCHEDULABLE,
        Decision::Gated(_) => BAYPLAN_OUTCOME_GATED,
        Decision::Skipped(_) => BAYPLAN_OUTCOME_SKIPPED,
    }
}

/// kube-scheduler's words about a pod that is not bound; empty for one that is.
pub(crate) fn message(decision: &Decision) -> String {
    match decision {
        Decision::Bound { .. } => String::new(),
        Decision::Nominated { message, .. }
        | Decision::Unschedulable(message)
        | Decision::Skipped(message) => message.clone(),
        Decision::Gated(rejection) => rejection.text(),
    }
}

/// The node of a decision; empty where it has none.
pub(crate) fn node(decision: &Decision) -> &str {
    match decision {
        Decision::Bound { node, .. } | Decision::Nominated { node, .. } => node,
        _ => "",
    }
}

impl Decided {
    pub(crate) fn new(decision: Decision, numbers: &Numbers) -> Self {
        let number = numbers.find(node(&decision)).unwrap_or(BAYPLAN_NO_NODE);
        Self { number, message: message(&decision), decision }
    }

    fn victims(&self) -> &[(String, String)] {
        match &self.decision {
            Decision::Nominated { victims, .. } => victims,
            _ => &[],
        }
    }
}

fn ask<T>(decision: *const bayplan_decision, otherwise: T, what: impl Fn(&Decided) -> T) -> T {
    answer(otherwise, || Ok(what(&*handle::read(decision, "decision")?)))
}

/// What became of the pod: one of `BAYPLAN_OUTCOME_...`.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_decision_outcome(decision: *const bayplan_decision) -> u8 {
    ask(decision, BAYPLAN_OUTCOME_NONE, |it| outcome(&it.decision))
}

/// Name of the node that the pod is bound or nominated to; empty where there is none. Borrowed
/// until the decision is freed.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_decision_node(decision: *const bayplan_decision) -> bayplan_str {
    ask(decision, bayplan_str::EMPTY, |it| bayplan_str::of(node(&it.decision)))
}

/// Number of that node; `BAYPLAN_NO_NODE` where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_decision_node_number(decision: *const bayplan_decision) -> u32 {
    ask(decision, BAYPLAN_NO_NODE, |it| it.number)
}

/// Total score of that node; `BAYPLAN_NO_SCORE` where none was computed.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_decision_score(decision: *const bayplan_decision) -> i64 {
    ask(decision, crate::question::BAYPLAN_NO_SCORE, |it| match it.decision {
        Decision::Bound { score: Some(score), .. } => score,
        _ => crate::question::BAYPLAN_NO_SCORE,
    })
}

/// kube-scheduler's words about a pod that is not bound; empty for one that is. Borrowed until the
/// decision is freed.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_decision_message(decision: *const bayplan_decision) -> bayplan_str {
    ask(decision, bayplan_str::EMPTY, |it| bayplan_str::of(&it.message))
}

/// How many pods have to go before the pod fits the node it is nominated to.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_decision_victims(decision: *const bayplan_decision) -> usize {
    ask(decision, 0, |it| it.victims().len())
}

/// Namespace of one of them, the most important first; empty where there is none at `index`.
/// Borrowed until the decision is freed.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_decision_victim_namespace(
    decision: *const bayplan_decision,
    index: usize,
) -> bayplan_str {
    ask(decision, bayplan_str::EMPTY, |it| {
        it.victims().get(index).map_or(bayplan_str::EMPTY, |victim| bayplan_str::of(&victim.0))
    })
}

/// Name of one of them.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_decision_victim_name(
    decision: *const bayplan_decision,
    index: usize,
) -> bayplan_str {
    ask(decision, bayplan_str::EMPTY, |it| {
        it.victims().get(index).map_or(bayplan_str::EMPTY, |victim| bayplan_str::of(&victim.1))
    })
}

/// Frees a decision. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_decision_free(decision: *mut bayplan_decision) -> bayplan_status {
    handle::free(decision)
}
