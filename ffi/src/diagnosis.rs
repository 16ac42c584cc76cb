//! Diagnoses: what would become of a pod, and why, as text and as JSON.

use crate::decider::Decider;
use crate::error::answer;
use crate::fault::Fault;
use crate::handle::{self, Handle};
use crate::memory::bayplan_str;
use crate::question::PodNamed;
use crate::status::bayplan_status::{self, *};
use crate::world::World;

/// What would become of a pod, and why: plain data that never changes. Owned by the caller: free it
/// with `bayplan_diagnosis_free`. Questions about a value that is no live diagnosis have empty
/// answers.
#[allow(non_camel_case_types)]
pub struct bayplan_diagnosis(());

/// What a diagnosis handle stands for.
pub(crate) struct Diagnosed {
    text: String,
    json: String,
    message: String,
    node: String,
}

impl Handle for bayplan_diagnosis {
    type Object = Diagnosed;
}

/// Explains a pod.
pub(crate) fn diagnose(
    decider: &mut Decider,
    world: &mut World,
    pod: PodNamed<'_>,
) -> Result<Diagnosed, Fault> {
    let found = decider.ask(world, |scheduler, cluster| {
        Ok(scheduler.diagnose(cluster, pod.namespace, pod.name)?)
    })?;
    let json = serde_json::to_string(&found);
    let json = json.map_err(|error| Fault::new(BAYPLAN_ERR_PANIC, error.to_string()))?;
    let node = found.bound_to.as_ref().or(found.ranking.first()).cloned().unwrap_or_default();
    let message = found.message.clone().or_else(|| found.rejected.clone()).unwrap_or_default();
    Ok(Diagnosed { text: found.to_string(), json, message, node })
}

fn ask(
    diagnosis: *const bayplan_diagnosis,
    what: impl FnOnce(&Diagnosed) -> &String,
) -> bayplan_str {
    answer(bayplan_str::EMPTY, || {
        Ok(bayplan_str::of(what(&*handle::read(diagnosis, "diagnosis")?)))
    })
}

/// The whole story for people, with a line per node. Its form may change between versions. Borrowed
/// until the diagnosis is freed.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_diagnosis_text(diagnosis: *const bayplan_diagnosis) -> bayplan_str {
    ask(diagnosis, |it| &it.text)
}

/// The document `bayplan.io/v1 Diagnosis`: verdicts, reasons, score parts and remedies of every
/// node. Borrowed until the diagnosis is freed.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_diagnosis_json(diagnosis: *const bayplan_diagnosis) -> bayplan_str {
    ask(diagnosis, |it| &it.json)
}

/// kube-scheduler's line where no node will do; empty where one does. Borrowed until the diagnosis
/// is freed.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_diagnosis_message(diagnosis: *const bayplan_diagnosis) -> bayplan_str {
    ask(diagnosis, |it| &it.message)
}

/// Name of the node that the pod runs on or would go to; empty where there is none. Borrowed until
/// the diagnosis is freed.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_diagnosis_node(diagnosis: *const bayplan_diagnosis) -> bayplan_str {
    ask(diagnosis, |it| &it.node)
}

/// Frees a diagnosis. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bayplan_diagnosis_free(diagnosis: *mut bayplan_diagnosis) -> bayplan_status {
    handle::free(diagnosis)
}
