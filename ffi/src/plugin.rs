//! Filters and scores of the host: C functions that the engine asks about many nodes at once.

use crate::fault::Fault;
use crate::memory::{Growing, bayplan_str};
use crate::numbers::{BAYPLAN_NO_NODE, Numbers};
use crate::status::bayplan_status::*;
use bayplan::objects::{Node, Pod};
use bayplan::plugins::Plugin;
use bayplan::plugins::host::{HostPlugin, HostRejection};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::c_void;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// The plugin says nothing against a node.
pub const BAYPLAN_PLUGIN_YES: u8 = 0;
/// The plugin refuses a node, and removing pods from it might help.
pub const BAYPLAN_PLUGIN_NOT_NOW: u8 = 1;
/// The plugin refuses a node, whatever pods are removed.
pub const BAYPLAN_PLUGIN_NEVER: u8 = 2;

/// What a plugin is asked about. Borrowed for the call of the plugin.
#[repr(C)]
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug)]
pub struct bayplan_plugin_question {
    /// The size of this structure as the library knows it.
    pub struct_size: usize,
    /// Namespace of the pod.
    pub pod_namespace: bayplan_str,
    /// Name of the pod.
    pub pod_name: bayplan_str,
    /// How many nodes.
    pub count: usize,
    /// Their numbers, `count` of them.
    pub nodes: *const u32,
}

/// Fills `verdicts`, which has an entry per node of the question, all `BAYPLAN_PLUGIN_YES` at
/// first. Anything but 0 says that the plugin failed: the call that asked fails with
/// `BAYPLAN_ERR_CALLBACK` and changes nothing.
#[allow(non_camel_case_types)]
pub type bayplan_plugin_filter = Option<
    unsafe extern "C-unwind" fn(
        user_data: *mut c_void,
        question: *const bayplan_plugin_question,
        verdicts: *mut u8,
    ) -> i32,
>;

/// Fills `scores`, which has an entry per node of the question, all 0 at first, with numbers from 0
/// to 100; others count as the nearest of these. Fails like a filter.
#[allow(non_camel_case_types)]
pub type bayplan_plugin_score = Option<
    unsafe extern "C-unwind" fn(
        user_data: *mut c_void,
        question: *const bayplan_plugin_question,
        scores: *mut i64,
    ) -> i32,
>;

/// Is told that the library will not use `user_data` any more.
#[allow(non_camel_case_types)]
pub type bayplan_plugin_release = Option<unsafe extern "C-unwind" fn(user_data: *mut c_void)>;

/// A plugin of the host. What it says of a node depends on that node, on the pod and on nothing
/// else that changes. Its functions run on the thread of the call that asks; where snapshots are
/// asked by several threads, on several at once. They must not jump or throw out of the library,
/// and what they call with the cluster or scheduler that asks is refused with `BAYPLAN_ERR_BUSY`.
#[repr(C)]
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug)]
pub struct bayplan_plugin {
    /// `sizeof(bayplan_plugin)`, set by the caller.
    pub struct_size: usize,
    /// The name that messages and score parts use: 1 to 253 bytes, not that of a built-in plugin.
    pub name: bayplan_str,
    /// Why it refuses nodes, as messages count it: `node(s) were ...`. Empty: a text with the name.
    pub reason: bayplan_str,
    /// Given to every function.
    pub user_data: *mut c_void,
    /// Refuses nodes; NULL where it does not.
    pub filter: bayplan_plugin_filter,
    /// Scores nodes; NULL where it does not.
    pub score: bayplan_plugin_score,
    /// What its scores are multiplied by, 1 to 1000000; not looked at where it does not score.
    pub score_weight: i64,
    /// Told when the last scheduler or snapshot with the plugin is gone; NULL where nobody has to
    /// be.
    pub release: bayplan_plugin_release,
}

// SAFETY: the first field is the size; numbers, pointers and functions may be zero.
unsafe impl Growing for bayplan_plugin {
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// A plugin of C among those of the engine.
pub(crate) struct Foreign {
    name: &'static str,
    reason: String,
    user_data: *mut c_void,
    filter: bayplan_plugin_filter,
    score: bayplan_plugin_score,
    release: bayplan_plugin_release,
}

// SAFETY: the caller promises that the functions may be called with `user_data` on any thread.
unsafe impl Send for Foreign {}
// SAFETY: the caller promises that they may be called on several threads at once.
unsafe impl Sync for Foreign {}

impl Foreign {
    /// The plugin that the caller describes.
    ///
    /// # Safety
    /// The texts and functions are what they seem.
    pub(crate) unsafe fn new(plugin: &bayplan_plugin) -> Result<Self, Fault> {
        // SAFETY: texts of the caller.
        let (name, reason) =
            unsafe { (plugin.name.text("plugin.name")?, plugin.reason.text("plugin.reason")?) };
        let argument = |name| Err(Fault::argument(BAYPLAN_ERR_ARGUMENT, name));
        if !(1..=253).contains(&name.len()) || Plugin::from_name(name).is_some() {
            return argument("plugin.name");
        }
        if plugin.score.is_some() && !(1..=1_000_000).contains(&plugin.score_weight) {
            return argument("plugin.score_weight");
        }
        let reason = match reason {
            "" => format!("node(s) were refused by plugin {name}"),
            reason => reason.to_owned(),
        };
        Ok(Self {
            name: kept(name),
            reason,
            user_data: plugin.user_data,
            filter: plugin.filter,
            score: plugin.score,
            release: plugin.release,
        })
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Foreign").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            let user_data = self.user_data;
            // SAFETY: the caller promises that the function takes this.
            let release = || unsafe { release(user_data) };
            // There is nobody to tell.
            let _panicked = catch_unwind(AssertUnwindSafe(release));
        }
    }
}

impl HostPlugin for Foreign {
    fn name(&self) -> &'static str {
        self.name
    }

    fn filter(&self, pod: &Pod, nodes: &[&Node], verdicts: &mut [Option<HostRejection>]) {
        let Some(filter) = self.filter else { return };
        let mut answers = vec![BAYPLAN_PLUGIN_YES; nodes.len()];
        self.ask(pod, nodes, |question| {
            // SAFETY: the caller promises that the function takes these; there is an answer per
            // node.
            unsafe { filter(self.user_data, question, answers.as_mut_ptr()) }
        });
        for (verdict, answer) in verdicts.iter_mut().zip(answers) {
            *verdict = match answer {
                BAYPLAN_PLUGIN_YES => None,
                BAYPLAN_PLUGIN_NOT_NOW => Some(HostRejection::for_now(self.reason.clone())),
                BAYPLAN_PLUGIN_NEVER => Some(HostRejection::for_good(self.reason.clone())),
                other => {
                    self.fail(&format!("said {other} of a node, which is no verdict"));
                    None
                }
            };
        }
    }

    fn score(&self, pod: &Pod, nodes: &[&Node], scores: &mut [i64]) {
        let Some(score) = self.score else { return };
        self.ask(pod, nodes, |question| {
            // SAFETY: the caller promises that the function takes these; there is a score per node.
            unsafe { score(self.user_data, question, scores.as_mut_ptr()) }
        });
    }
}

impl Foreign {
    fn ask(
        &self,
        pod: &Pod,
        nodes: &[&Node],
        function: impl FnOnce(&bayplan_plugin_question) -> i32,
    ) {
        let asked = ASKED.with_borrow(|asked| {
            asked
                .as_ref()
                .filter(|asked| asked.failure.is_none())
                .map(|asked| asked.numbers.clone())
        });
        // After a failure nothing that is said counts any more.
        let Some(numbers) = asked else { return };
        let number = |node: &&Node| numbers.find(node.name()).unwrap_or(BAYPLAN_NO_NODE);
        let nodes: Vec<u32> = nodes.iter().map(number).collect();
        let question = bayplan_plugin_question {
            struct_size: size_of::<bayplan_plugin_question>(),
            pod_namespace: bayplan_str::of(&pod.meta.namespace),
            pod_name: bayplan_str::of(&pod.meta.name),
            count: nodes.len(),
            nodes: nodes.as_ptr(),
        };
        match catch_unwind(AssertUnwindSafe(|| function(&question))) {
            Ok(0) => {}
            Ok(code) => self.fail(&format!("failed with {code}")),
            Err(_) => self.fail("panicked"),
        }
    }

    fn fail(&self, what: &str) {
        ASKED.with_borrow_mut(|asked| {
            if let Some(asked) = asked {
                let failure = format!("plugin {} {what}", self.name);
                asked.failure.get_or_insert(failure);
            }
        });
    }
}

/// A call of this thread that may ask plugins.
struct Asked {
    numbers: Arc<Numbers>,
    failure: Option<String>,
}

thread_local! {
    static ASKED: RefCell<Option<Asked>> = const { RefCell::new(None) };
}

/// Does something that may ask plugins. The first failure of one makes all of it a failure.
pub(crate) fn asking<T>(
    numbers: &Arc<Numbers>,
    body: impl FnOnce() -> Result<T, Fault>,
) -> Result<T, Fault> {
    /// Puts back what an outer call had, also when the engine panics.
    struct Outer(Option<Asked>);
    impl Drop for Outer {
        fn drop(&mut self) {
            ASKED.set(self.0.take());
        }
    }
    let outer = Outer(ASKED.replace(Some(Asked { numbers: numbers.clone(), failure: None })));
    let result = body();
    let failure = ASKED.with_borrow_mut(|asked| asked.as_mut()?.failure.take());
    drop(outer);
    match failure {
        Some(failure) => Err(Fault::new(BAYPLAN_ERR_CALLBACK, failure)),
        None => result,
    }
}

/// A name that lives as long as the process. Equal names are kept once.
fn kept(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let name: &'static str = Box::leak(name.into());
    names.insert(name);
    name
}
