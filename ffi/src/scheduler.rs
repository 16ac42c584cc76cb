//! Schedulers: they decide, one pod at a time or many, and answer questions.

use crate::cluster::bayplan_cluster;
use crate::decider::Decider;
use crate::decision::{
    BAYPLAN_OUTCOME_BOUND, BAYPLAN_OUTCOME_NONE, Decided, bayplan_decision, outcome,
};
use crate::diagnosis::bayplan_diagnosis;
use crate::error::{answer, bayplan_error, call};
use crate::fault::Fault;
use crate::handle::{self, Handle, Made};
use crate::memory::{Place, array_mut, bayplan_str, optional_array_mut, read_struct};
use crate::numbers::BAYPLAN_NO_NODE;
use crate::plan::{Planned, bayplan_plan};
use crate::plugin::{Foreign, bayplan_plugin};
use crate::question::{self, PodNamed};
use crate::status::bayplan_status::{self, *};
use crate::template::bayplan_template;
use crate::world::World;
use bayplan::batch::Placed;
use bayplan::plugins::host::Points;
use bayplan::{Profile, Ties};
use std::ptr;

/// A scheduler: profiles, plugins, and what it remembers of the cluster it was last asked about.
/// Owned by the caller: free it with `bayplan_scheduler_free`.
#[allow(non_camel_case_types)]
pub struct bayplan_scheduler(());

impl Handle for bayplan_scheduler {
    type Object = Decider;
}

/// A scheduler with kube-scheduler's default profile; NULL where there are too many handles.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_scheduler_new() -> *mut bayplan_scheduler {
    answer(ptr::null_mut(), || handle::new(Decider::new(vec![Profile::default()])))
}

/// The scheduler that a KubeSchedulerConfiguration (YAML or JSON) describes. Extenders are refused.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_scheduler_configure(
    configuration: bayplan_str,
    scheduler: *mut *mut bayplan_scheduler,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let scheduler = Made::new(scheduler, "scheduler")?;
        // SAFETY: a text of the caller.
        let text = unsafe { configuration.text("configuration")? };
        // SAFETY: a result pointer of the caller.
        unsafe { scheduler.set(Decider::configured(text)?) }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Frees a scheduler. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_scheduler_free(scheduler: *mut bayplan_scheduler) -> bayplan_status {
    handle::free(scheduler)
}

/// Chooses among several best nodes at random, by this seed, the same way in every run. A new
/// scheduler takes the first by name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_scheduler_break_ties(
    scheduler: *mut bayplan_scheduler,
    seed: u64,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        handle::write(scheduler, "scheduler")?.break_ties(Ties::Seeded(seed));
        Ok(())
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Adds a plugin of the host to every profile, asked after those that take part so far; one of the
/// same name is replaced. The structure is only read. Where the call succeeds, `user_data` is used
/// until `release` is called; where it fails, neither is used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_scheduler_add_plugin(
    scheduler: *mut bayplan_scheduler,
    plugin: *const bayplan_plugin,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        // SAFETY: a structure of the caller.
        let plugin = unsafe { read_struct(plugin, "plugin")? };
        let mut decider = handle::write(scheduler, "scheduler")?;
        // SAFETY: its texts and functions are the caller's.
        let foreign = unsafe { Foreign::new(&plugin)? };
        let points = Points {
            filter: plugin.filter.is_some(),
            score_weight: plugin.score.is_some().then_some(plugin.score_weight),
        };
        decider.add(foreign, points);
        Ok(())
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// How many plugins score, over all profiles: the rows of `parts` in `bayplan_scheduler_score`.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_scheduler_score_plugins(scheduler: *const bayplan_scheduler) -> usize {
    answer(0, || Ok(handle::read(scheduler, "scheduler")?.scoring_plugins().len()))
}

/// The name of one of them; empty where there is none at `index`. Static.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_scheduler_score_plugin(
    scheduler: *const bayplan_scheduler,
    index: usize,
) -> bayplan_str {
    answer(bayplan_str::EMPTY, || {
        let plugins = handle::read(scheduler, "scheduler")?.scoring_plugins();
        Ok(plugins.get(index).map_or(bayplan_str::EMPTY, |plugin| bayplan_str::of(plugin.name())))
    })
}

/// Attempts a pending pod. Where a node takes it the pod is bound, with the volumes and devices
/// that it needs. Where others have to make room first it is nominated; whoever drives the
/// scheduler deletes them and asks again. That no node takes the pod is a decision, not an error.
/// `decision` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_scheduler_schedule(
    scheduler: *mut bayplan_scheduler,
    cluster: *mut bayplan_cluster,
    pod_namespace: bayplan_str,
    pod_name: bayplan_str,
    decision: *mut *mut bayplan_decision,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let place = Made::optional(decision, "decision")?;
        // SAFETY: texts of the caller.
        let [namespace, name] =
            unsafe { [pod_namespace.text("pod_namespace")?, pod_name.text("pod_name")?] };
        let (mut decider, mut world) = both(scheduler, cluster)?;
        let decided = decider.ask(&mut world, |scheduler, cluster| {
            Ok(scheduler.schedule(cluster, namespace, name)?)
        })?;
        match place {
            // SAFETY: a result pointer of the caller.
            Some(place) => unsafe { place.set(Decided::new(decided, &world.numbers)) },
            None => Ok(()),
        }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Attempts every pending pod once: by priority, then in the order in which the pods were added.
/// Pods that should make room are named in the plan and stay. `plan` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_scheduler_schedule_pending(
    scheduler: *mut bayplan_scheduler,
    cluster: *mut bayplan_cluster,
    plan: *mut *mut bayplan_plan,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let place = Made::optional(plan, "plan")?;
        let (mut decider, mut world) = both(scheduler, cluster)?;
        let decisions = decider
            .ask(&mut world, |scheduler, cluster| Ok(scheduler.schedule_pending(cluster)?))?;
        match place {
            // SAFETY: a result pointer of the caller.
            Some(place) => unsafe { place.set(Planned::new(decisions, &world.numbers)) },
            None => Ok(()),
        }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Adds `count` new pods of the template and attempts each, as if they had been added and attempted
/// one by one. They are named after the template with an ordinal, `web-0`, `web-1`, ...; names that
/// are taken are passed over. No text is read.
///
/// `nodes` has `count` entries: the number of the node that each is bound to, or `BAYPLAN_NO_NODE`.
/// `outcomes` has `count` entries, one of `BAYPLAN_OUTCOME_...` each, or is NULL. `placed`, which
/// may be NULL, gets how many are bound. Those that are not stay in the cluster and wait. Where the
/// call fails in between, those before are in the cluster and written down, and the other entries
/// say `BAYPLAN_NO_NODE` and `BAYPLAN_OUTCOME_NONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_scheduler_schedule_batch(
    scheduler: *mut bayplan_scheduler,
    cluster: *mut bayplan_cluster,
    template: bayplan_template,
    count: usize,
    nodes: *mut u32,
    outcomes: *mut u8,
    placed: *mut usize,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        // SAFETY: arrays of the caller.
        let (nodes, mut outcomes) = unsafe {
            (array_mut(nodes, count, "nodes")?, optional_array_mut(outcomes, count, "outcomes")?)
        };
        let placed = Place::optional(placed, "placed")?;
        let (mut decider, mut world) = both(scheduler, cluster)?;
        nodes.fill(BAYPLAN_NO_NODE);
        if let Some(outcomes) = &mut outcomes {
            outcomes.fill(BAYPLAN_OUTCOME_NONE);
        }
        let bound = batch(&mut decider, &mut world, template, nodes, outcomes);
        if let (Some(placed), Ok(bound)) = (placed, &bound) {
            // SAFETY: a result pointer of the caller.
            unsafe { placed.set(*bound) };
        }
        bound.map(|_| ())
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Places as many instances as `nodes` has entries; how many are bound.
fn batch(
    decider: &mut Decider,
    world: &mut World,
    template: bayplan_template,
    nodes: &mut [u32],
    mut outcomes: Option<&mut [u8]>,
) -> Result<usize, Fault> {
    let World { cluster, templates, numbers, .. } = world;
    let template = templates.get_mut(template)?;
    let (mut at, mut bound) = (0, 0);
    let result = decider.ask_about(cluster, numbers, |scheduler, cluster| {
        scheduler.schedule_instances(cluster, template, |placed| {
            if let Some(placed) = placed {
                let outcome = match placed {
                    Placed::On(node) => {
                        nodes[at] = numbers.of(node);
                        bound += 1;
                        BAYPLAN_OUTCOME_BOUND
                    }
                    Placed::Not(decision) => outcome(&decision),
                };
                if let Some(outcomes) = &mut outcomes {
                    outcomes[at] = outcome;
                }
                at += 1;
            }
            at < nodes.len()
        })?;
        Ok(bound)
    });
    if let Err(fault) = &result
        && fault.status == BAYPLAN_ERR_CALLBACK
    {
        // All of it was taken back.
        nodes.fill(BAYPLAN_NO_NODE);
        outcomes.into_iter().for_each(|it| it.fill(BAYPLAN_OUTCOME_NONE));
    }
    result
}

/// The verdict about every node for a pod; nothing is changed. `verdicts` has `length` entries, at
/// least `bayplan_cluster_node_numbers(cluster)`; the entry of a number is one of
/// `BAYPLAN_VERDICT_...`. `feasible`, which may be NULL, gets how many nodes take the pod.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_scheduler_filter(
    scheduler: *mut bayplan_scheduler,
    cluster: *mut bayplan_cluster,
    pod_namespace: bayplan_str,
    pod_name: bayplan_str,
    verdicts: *mut u8,
    length: usize,
    feasible: *mut usize,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        // SAFETY: texts and an array of the caller.
        let (pod, verdicts) =
            unsafe { (pod(pod_namespace, pod_name)?, array_mut(verdicts, length, "verdicts")?) };
        let feasible = Place::optional(feasible, "feasible")?;
        let (mut decider, mut world) = both(scheduler, cluster)?;
        let count = question::filter(&mut decider, &mut world, pod, verdicts)?;
        // SAFETY: a result pointer of the caller.
        feasible.into_iter().for_each(|feasible| unsafe { feasible.set(count) });
        Ok(())
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// The score of every node for a pod; nothing is changed. `totals` has `length` entries, at least
/// `bayplan_cluster_node_numbers(cluster)`; nodes that do not take the pod have `BAYPLAN_NO_SCORE`.
/// `parts` may be NULL; else it has `parts_length` entries, at least
/// `bayplan_scheduler_score_plugins(scheduler) * length`: the normalised and weighted score of
/// plugin `p` for node `n` is `parts[p * length + n]`, 0 where the plugin has nothing to say.
/// `scored`, which may be NULL, gets how many nodes have a score.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_scheduler_score(
    scheduler: *mut bayplan_scheduler,
    cluster: *mut bayplan_cluster,
    pod_namespace: bayplan_str,
    pod_name: bayplan_str,
    totals: *mut i64,
    length: usize,
    parts: *mut i64,
    parts_length: usize,
    scored: *mut usize,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        // SAFETY: texts and arrays of the caller.
        let (pod, totals, parts) = unsafe {
            let parts = optional_array_mut(parts, parts_length, "parts")?;
            (pod(pod_namespace, pod_name)?, array_mut(totals, length, "totals")?, parts)
        };
        let scored = Place::optional(scored, "scored")?;
        let (mut decider, mut world) = both(scheduler, cluster)?;
        let count = question::score(&mut decider, &mut world, pod, totals, parts)?;
        // SAFETY: a result pointer of the caller.
        scored.into_iter().for_each(|scored| unsafe { scored.set(count) });
        Ok(())
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Who would have to make room for a pod that no node takes; nothing is changed. The decision is
/// nominated or unschedulable. A pod that some node takes is refused with `BAYPLAN_ERR_ARGUMENT`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_scheduler_preempt(
    scheduler: *mut bayplan_scheduler,
    cluster: *mut bayplan_cluster,
    pod_namespace: bayplan_str,
    pod_name: bayplan_str,
    decision: *mut *mut bayplan_decision,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let decision = Made::new(decision, "decision")?;
        // SAFETY: texts of the caller.
        let pod = unsafe { pod(pod_namespace, pod_name)? };
        let (mut decider, mut world) = both(scheduler, cluster)?;
        let decided = question::preempt(&mut decider, &mut world, pod)?;
        // SAFETY: a result pointer of the caller.
        unsafe { decision.set(Decided::new(decided, &world.numbers)) }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// What would become of a pod now, and why: what every rule says about every node. Nothing is
/// changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_scheduler_explain(
    scheduler: *mut bayplan_scheduler,
    cluster: *mut bayplan_cluster,
    pod_namespace: bayplan_str,
    pod_name: bayplan_str,
    diagnosis: *mut *mut bayplan_diagnosis,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let diagnosis = Made::new(diagnosis, "diagnosis")?;
        // SAFETY: texts of the caller.
        let pod = unsafe { pod(pod_namespace, pod_name)? };
        let (mut decider, mut world) = both(scheduler, cluster)?;
        let found = crate::diagnosis::diagnose(&mut decider, &mut world, pod)?;
        // SAFETY: a result pointer of the caller.
        unsafe { diagnosis.set(found) }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// How many more pods of a template the cluster takes without any having to make room, counted no
/// further than `limit`; nothing is changed. `per_node` may be NULL; else it has `length` entries,
/// at least `bayplan_cluster_node_numbers(cluster)`: how many each node takes. `next`, which may be
/// NULL, gets the decision about the pod after the last, or NULL where `limit` was reached.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_scheduler_capacity(
    scheduler: *mut bayplan_scheduler,
    cluster: *mut bayplan_cluster,
    template: bayplan_template,
    limit: usize,
    capacity: *mut usize,
    per_node: *mut usize,
    length: usize,
    next: *mut *mut bayplan_decision,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        // SAFETY: an array of the caller.
        let per_node = unsafe { optional_array_mut(per_node, length, "per_node")? };
        let capacity = Place::new(capacity, "capacity")?;
        let next = Place::optional(next, "next")?;
        let (mut decider, mut world) = both(scheduler, cluster)?;
        let (count, decision) =
            crate::capacity::count(&mut decider, &mut world, template, limit, per_node)?;
        let decision = decision.map(|decision| Decided::new(decision, &world.numbers));
        if let Some(next) = next {
            let handle = decision.map_or(Ok(ptr::null_mut()), handle::new)?;
            // SAFETY: a result pointer of the caller.
            unsafe { next.set(handle) };
        }
        // SAFETY: a result pointer of the caller.
        unsafe { capacity.set(count) };
        Ok(())
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// The pod that the caller names.
///
/// # Safety
/// As [`bayplan_str::text`].
pub(crate) unsafe fn pod<'a>(
    namespace: bayplan_str,
    name: bayplan_str,
) -> Result<PodNamed<'a>, Fault> {
    // SAFETY: the caller's promise.
    let [namespace, name] = unsafe { [namespace.text("pod_namespace")?, name.text("pod_name")?] };
    Ok(PodNamed { namespace, name })
}

type Both = (crate::registry::Writing<Decider>, crate::registry::Writing<World>);

/// A scheduler and a cluster, for this call alone.
pub(crate) fn both(
    scheduler: *mut bayplan_scheduler,
    cluster: *mut bayplan_cluster,
) -> Result<Both, Fault> {
    Ok((handle::write(scheduler, "scheduler")?, handle::write(cluster, "cluster")?))
}
