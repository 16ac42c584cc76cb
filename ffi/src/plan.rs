//! Plans: what became of every pod that waited.

use crate::decision::{self, Decided, bayplan_decision};
use crate::error::{answer, bayplan_error, call};
use crate::fault::Fault;
use crate::handle::{self, Handle, Made};
use crate::memory::{Growing, bayplan_str, write_struct};
use crate::numbers::{BAYPLAN_NO_NODE, Numbers};
use crate::question::BAYPLAN_NO_SCORE;
use crate::status::bayplan_status::{self, *};
use bayplan::Decision;
use bayplan::plan::PodName;
use std::sync::Arc;

/// What became of every pod that waited: plain data that never changes. Owned by the caller: free
/// it with `bayplan_plan_free`.
#[allow(non_camel_case_types)]
pub struct bayplan_plan(());

/// What a plan handle stands for.
pub(crate) struct Planned {
    items: Vec<Item>,
    numbers: Arc<Numbers>,
}

struct Item {
    pod: PodName,
    decision: Decision,
    message: String,
}

impl Handle for bayplan_plan {
    type Object = Planned;
}

impl Planned {
    pub(crate) fn new(decisions: Vec<(PodName, Decision)>, numbers: &Arc<Numbers>) -> Self {
        let item = |(pod, decision): (PodName, Decision)| {
            let message = decision::message(&decision);
            Item { pod, decision, message }
        };
        Self { items: decisions.into_iter().map(item).collect(), numbers: numbers.clone() }
    }

    fn item(&self, index: usize) -> Result<&Item, Fault> {
        let fault = || Fault::argument(BAYPLAN_ERR_ARGUMENT, "index");
        self.items.get(index).ok_or_else(fault)
    }
}

/// What became of one pod. The texts are borrowed until the plan is freed.
#[repr(C)]
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug)]
pub struct bayplan_plan_item {
    /// `sizeof(bayplan_plan_item)`, set by the caller.
    pub struct_size: usize,
    /// Namespace of the pod.
    pub pod_namespace: bayplan_str,
    /// Name of the pod.
    pub pod_name: bayplan_str,
    /// Name of the node it is bound or nominated to; empty where there is none.
    pub node: bayplan_str,
    /// kube-scheduler's words about a pod that is not bound; empty for one that is.
    pub message: bayplan_str,
    /// Total score of the node; `BAYPLAN_NO_SCORE` where none was computed.
    pub score: i64,
    /// Number of the node; `BAYPLAN_NO_NODE` where there is none.
    pub node_number: u32,
    /// What became of it: one of `BAYPLAN_OUTCOME_...`.
    pub outcome: u8,
}

// SAFETY: the first field is the size; numbers and pointers may be zero.
unsafe impl Growing for bayplan_plan_item {
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// How many pods the plan tells about; 0 where `plan` is no live plan.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_plan_length(plan: *const bayplan_plan) -> usize {
    answer(0, || Ok(handle::read(plan, "plan")?.items.len()))
}

/// How many of them are bound.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_plan_bound(plan: *const bayplan_plan) -> usize {
    answer(0, || {
        let plan = handle::read(plan, "plan")?;
        let is_bound = |item: &&Item| matches!(item.decision, Decision::Bound { .. });
        Ok(plan.items.iter().filter(is_bound).count())
    })
}

/// What became of the pod at `index`, in the order of the attempts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_plan_get(
    plan: *const bayplan_plan,
    index: usize,
    item: *mut bayplan_plan_item,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let plan = handle::read(plan, "plan")?;
        let found = plan.item(index)?;
        let node = decision::node(&found.decision);
        let answer = bayplan_plan_item {
            struct_size: size_of::<bayplan_plan_item>(),
            pod_namespace: bayplan_str::of(&found.pod.namespace),
            pod_name: bayplan_str::of(&found.pod.name),
            node: bayplan_str::of(node),
            message: bayplan_str::of(&found.message),
            score: match found.decision {
                Decision::Bound { score: Some(score), .. } => score,
                _ => BAYPLAN_NO_SCORE,
            },
            node_number: plan.numbers.find(node).unwrap_or(BAYPLAN_NO_NODE),
            outcome: decision::outcome(&found.decision),
        };
        // SAFETY: a structure of the caller.
        unsafe { write_struct(item, &answer, "item") }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// The decision about the pod at `index`, a handle of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_plan_decision(
    plan: *const bayplan_plan,
    index: usize,
    decision: *mut *mut bayplan_decision,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let place = Made::new(decision, "decision")?;
        let plan = handle::read(plan, "plan")?;
        let decision = plan.item(index)?.decision.clone();
        // SAFETY: a result pointer of the caller.
        unsafe { place.set(Decided::new(decision, &plan.numbers)) }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Frees a plan. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_plan_free(plan: *mut bayplan_plan) -> bayplan_status {
    handle::free(plan)
}
