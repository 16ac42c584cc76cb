//! The extender in a box: bodies of kube-scheduler's webhook in and out.

use crate::cluster::bayplan_cluster;
use crate::error::{bayplan_error, call};
use crate::fault::Fault;
use crate::handle::{self, Made};
use crate::memory::bayplan_str;
use crate::scheduler::{bayplan_scheduler, both};
use crate::status::bayplan_status::{self, *};
use crate::text::bayplan_text;
use bayplan::extender::{self, ExtenderError};
use bayplan::{Cluster, Scheduler};

impl From<ExtenderError> for Fault {
    fn from(error: ExtenderError) -> Self {
        match error {
            ExtenderError::Schedule(error) => error.into(),
            ExtenderError::Change(error) => error.into(),
            ExtenderError::Request(_) | ExtenderError::VictimWithoutUid(_) => {
                Self::new(BAYPLAN_ERR_INPUT, error.to_string())
            }
        }
    }
}

type Answer = fn(&mut Scheduler, &mut Cluster, &str) -> Result<String, ExtenderError>;

/// Answers a request that changes nothing.
///
/// # Safety
/// The pointers are what the header says of those of the calls below.
unsafe fn ask(
    answer: Answer,
    scheduler: *mut bayplan_scheduler,
    cluster: *mut bayplan_cluster,
    request: bayplan_str,
    response: *mut *mut bayplan_text,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let response = Made::new(response, "response")?;
        // SAFETY: a text of the caller.
        let request = unsafe { request.text("request")? };
        let (mut decider, mut world) = both(scheduler, cluster)?;
        let text =
            decider.ask(&mut world, |scheduler, cluster| Ok(answer(scheduler, cluster, request)?));
        // Nodes of the request came and went.
        world.follow();
        // SAFETY: a result pointer of the caller.
        unsafe { response.set(text?) }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}

/// Answers the filter call of kube-scheduler's extender webhook: give it the body of the request,
/// send what it gives with status 200; where it fails, answer with status 400. The cluster is the
/// one that the host keeps up to date; nothing is changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_extender_filter(
    scheduler: *mut bayplan_scheduler,
    cluster: *mut bayplan_cluster,
    request: bayplan_str,
    response: *mut *mut bayplan_text,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    // SAFETY: the caller's promise.
    unsafe { ask(extender::filter, scheduler, cluster, request, response, error) }
}

/// Answers the prioritize call: the best of the nodes gets 10, the worst 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_extender_prioritize(
    scheduler: *mut bayplan_scheduler,
    cluster: *mut bayplan_cluster,
    request: bayplan_str,
    response: *mut *mut bayplan_text,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    // SAFETY: the caller's promise.
    unsafe { ask(extender::prioritize, scheduler, cluster, request, response, error) }
}

/// Answers the preempt call: which of the candidate nodes bayplan would make room on too, and by
/// removing whom.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_extender_preempt(
    scheduler: *mut bayplan_scheduler,
    cluster: *mut bayplan_cluster,
    request: bayplan_str,
    response: *mut *mut bayplan_text,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    // SAFETY: the caller's promise.
    unsafe { ask(extender::preempt, scheduler, cluster, request, response, error) }
}

/// Answers the bind call: binds the pod in the cluster. The host creates the binding at the API
/// server. That the pod cannot be bound is said in the response.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bayplan_extender_bind(
    cluster: *mut bayplan_cluster,
    request: bayplan_str,
    response: *mut *mut bayplan_text,
    error: *mut *mut bayplan_error,
) -> bayplan_status {
    let body = || {
        let response = Made::new(response, "response")?;
        // SAFETY: a text of the caller.
        let request = unsafe { request.text("request")? };
        let mut world = handle::write(cluster, "cluster")?;
        let text = world.change(|cluster| Ok(extender::bind(cluster, request)?))?;
        // SAFETY: a result pointer of the caller.
        unsafe { response.set(text) }
    };
    // SAFETY: an error pointer of the caller.
    unsafe { call(error, body) }
}
