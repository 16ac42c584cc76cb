//! The plain rules of one attempt to place a pod, filled by PreFilter: asked about nodes as they
//! are, or, on a copy, about nodes with pods added and removed.
//!
//! Source: `RunPreFilterPlugins`, `RunFilterPluginsWithNominatedPods` and the AddPod and RemovePod
//! extensions of `pkg/scheduler/framework/runtime/framework.go` (v1.35).

use super::missing_state;
use crate::objects::{NodeInfo, Pod};
use crate::plugins::contract::{Context, Plain, PostFilter, PreFilter};
use crate::plugins::reason::{Code, Reason, Rejection};
use crate::plugins::{Plugin, plain};
use std::collections::{BTreeMap, BTreeSet};

/// The rules of one attempt with what they know about the pod.
#[derive(Clone)]
pub struct Attempt<'a> {
    pub(crate) context: Context<'a>,
    pub(super) rules: BTreeMap<Plugin, Rule<'a>>,
}

/// One plugin's rule.
pub(super) struct Rule<'a> {
    pub(super) plain: Box<dyn Plain<'a> + 'a>,
    pub(super) pre_filter: PreFilterState,
}

/// How far a plugin's PreFilter came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PreFilterState {
    /// The profile does not run it, or another plugin ended the attempt before.
    Missing,
    /// It does not want to be asked.
    Skipped,
    /// It looked at the pod.
    Ran,
}

/// What the PreFilter plugins said together.
#[derive(Clone, Debug, Default)]
pub struct PreFiltered {
    /// No node is looked at, for this reason.
    pub rejection: Option<Rejection>,
    /// Only these nodes are looked at.
    pub narrowed: Option<BTreeSet<String>>,
    /// The plugins that narrowed the nodes.
    pub narrowed_by: BTreeSet<Plugin>,
}

impl Clone for Rule<'_> {
    fn clone(&self) -> Self {
        Self { plain: self.plain.boxed_clone(), pre_filter: self.pre_filter }
    }
}

impl<'a> Attempt<'a> {
    /// The rules of the profile's plugins, none of them asked yet.
    pub fn new(context: Context<'a>) -> Self {
        let profile = context.profile;
        let names = profile.pre_enqueue.iter().chain(&profile.pre_filter).chain(&profile.filter);
        let names = names.chain(&profile.post_filter).chain(&profile.pre_score);
        let names = names.chain(profile.score.iter().map(|(plugin, _)| plugin));
        let rule = |plugin: &Plugin| {
            let rule = Rule {
                plain: plain(*plugin, &profile.hosts)?,
                pre_filter: PreFilterState::Missing,
            };
            Some((*plugin, rule))
        };
        Self { context, rules: names.filter_map(rule).collect() }
    }

    /// PreEnqueue: why the pod may not be attempted.
    pub fn pre_enqueue(&self) -> Option<Rejection> {
        let profile = self.context.profile;
        let mut rules = profile.pre_enqueue.iter().filter_map(|plugin| self.rules.get(plugin));
        rules.find_map(|rule| rule.plain.pre_enqueue(&self.context))
    }

    /// PreFilter: lets every plugin look at the pod.
    ///
    /// A rejection that preemption cannot cure ends this at once, an other one only after all
    /// plugins have looked, so that preemption finds them prepared.
    pub fn pre_filter(&mut self) -> PreFiltered {
        let mut found = PreFiltered::default();
        for plugin in &self.context.profile.pre_filter {
            let Some(rule) = self.rules.get_mut(plugin) else { continue };
            let answer = rule.plain.pre_filter(&self.context);
            rule.pre_filter = PreFilterState::Ran;
            match answer {
                PreFilter::Run => {}
                PreFilter::Skip => rule.pre_filter = PreFilterState::Skipped,
                PreFilter::Narrow(names) => found.narrow(*plugin, names),
                PreFilter::Reject(rejection) => found.rejection = Some(rejection),
            }
            if found.rejection.as_ref().is_some_and(|it| it.code != Code::Unschedulable) {
                return found;
            }
        }
        self.prepare_filters_without_pre_filter();
        found
    }

    /// Plugins that can filter without their PreFilter compute then what they need on the way, and
    /// neither narrow nor reject.
    fn prepare_filters_without_pre_filter(&mut self) {
        let profile = self.context.profile;
        for plugin in &profile.filter {
            if !profile.pre_filter.contains(plugin)
                && missing_state::of_filter(*plugin).is_none()
                && let Some(rule) = self.rules.get_mut(plugin)
            {
                rule.plain.pre_filter(&self.context);
            }
        }
    }

    /// Filter: the first plugin that refuses the node as it is given.
    pub fn filter(&self, node: &NodeInfo<'a>) -> Option<Rejection> {
        self.context.profile.filter.iter().find_map(|plugin| self.ask(*plugin, node))
    }

    /// Filter: what every plugin says of the node as it is given, `None` for yes. Only the first no
    /// counts; the others are for those who want to know everything.
    pub fn filter_by_each(&self, node: &NodeInfo<'a>) -> Vec<(Plugin, Option<Rejection>)> {
        let plugins = self.context.profile.filter.iter();
        plugins.map(|plugin| (*plugin, self.ask(*plugin, node))).collect()
    }

    fn ask(&self, plugin: Plugin, node: &NodeInfo<'a>) -> Option<Rejection> {
        let rule = self.rules.get(&plugin)?;
        let answer = match (rule.pre_filter, missing_state::of_filter(plugin)) {
            (PreFilterState::Skipped, _) => None,
            (PreFilterState::Missing, Some(text)) => {
                Some(Rejection::new(plugin, Code::Error, Reason::Other(text.into())))
            }
            _ => rule.plain.filter(&self.context, node),
        };
        answer.map(name_the_plugin_of_an_error)
    }

    /// Filter where pods nominated to the node count: the node must do with those of the same or a
    /// higher priority, and also without them.
    pub fn filter_with_nominated(&self, node: &NodeInfo<'a>) -> Option<Rejection> {
        let mut nominated = self.nominated_to(node).peekable();
        if nominated.peek().is_some() {
            let (mut attempt, mut node) = (self.clone(), node.clone());
            nominated.for_each(|pod| attempt.add_pod(pod, &mut node));
            if let Some(rejection) = attempt.filter(&node) {
                return Some(rejection);
            }
        }
        self.filter(node)
    }

    fn nominated_to(&self, node: &NodeInfo<'a>) -> impl Iterator<Item = &'a Pod> {
        let pod = self.context.pod;
        let nominated = self.context.snapshot.nominated.iter().copied();
        nominated.filter(move |other| {
            other.status.nominated_node_name == node.node.name()
                && other.priority() >= pod.priority()
                && (&other.meta.namespace, &other.meta.name)
                    != (&pod.meta.namespace, &pod.meta.name)
        })
    }

    /// PostFilter of a plugin that makes no room itself: what it says and does, if anything.
    ///
    /// # Errors
    /// The plugin fails where its PreFilter never saw the pod.
    pub fn post_filter(&self, plugin: Plugin) -> Result<Option<PostFilter<'a>>, &'static str> {
        match self.rules.get(&plugin) {
            Some(rule) if rule.pre_filter == PreFilterState::Missing => Err("not found"),
            rule => Ok(rule.and_then(|rule| rule.plain.post_filter(&self.context))),
        }
    }

    /// Whether the plugin takes part in the filters of this attempt.
    pub fn filters_by(&self, plugin: Plugin) -> bool {
        self.rules.get(&plugin).is_some_and(|rule| rule.pre_filter == PreFilterState::Ran)
    }

    /// Puts a pod on the node, for this attempt.
    pub fn add_pod(&mut self, pod: &'a Pod, node: &mut NodeInfo<'a>) {
        node.add_pod(pod);
        let context = self.context;
        self.looked_at_pod().for_each(|plain| plain.add_pod(&context, pod, node));
    }

    /// Takes a pod away from the node, for this attempt.
    pub fn remove_pod(&mut self, pod: &'a Pod, node: &mut NodeInfo<'a>) {
        node.remove_pod(pod);
        let context = self.context;
        self.looked_at_pod().for_each(|plain| plain.remove_pod(&context, pod, node));
    }

    fn looked_at_pod(&mut self) -> impl Iterator<Item = &mut Box<dyn Plain<'a> + 'a>> {
        let rules = self.rules.values_mut();
        let ran = rules.filter(|rule| rule.pre_filter == PreFilterState::Ran);
        ran.map(|rule| &mut rule.plain)
    }
}

impl PreFiltered {
    fn narrow(&mut self, plugin: Plugin, names: BTreeSet<String>) {
        self.narrowed_by.insert(plugin);
        let names = match &self.narrowed {
            Some(before) => before.intersection(&names).cloned().collect(),
            None => names,
        };
        if names.is_empty() {
            let plugins = self.names_of_plugins();
            let text = match plugins.as_slice() {
                [one] => format!("node(s) didn't satisfy plugin {one}"),
                all => {
                    format!("node(s) didn't satisfy plugin(s) [{}] simultaneously", all.join(" "))
                }
            };
            let code = Code::UnschedulableAndUnresolvable;
            self.rejection = Some(Rejection::new(plugin, code, Reason::Other(text.into())));
        }
        self.narrowed = Some(names);
    }

    /// Names of the plugins that narrowed the nodes, sorted.
    fn names_of_plugins(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.narrowed_by.iter().map(|plugin| plugin.name()).collect();
        names.sort_unstable();
        names
    }
}

fn name_the_plugin_of_an_error(rejection: Rejection) -> Rejection {
    if rejection.code != Code::Error {
        return rejection;
    }
    let plugin = rejection.plugin;
    let text = format!("running \"{plugin}\" filter plugin: {}", rejection.text());
    Rejection::new(plugin, Code::Error, Reason::Other(text.into()))
}
