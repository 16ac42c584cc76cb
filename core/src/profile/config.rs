//! `KubeSchedulerConfiguration`, version `kubescheduler.config.k8s.io/v1`.
//!
//! Decoding is strict: unknown members are faults, and so are members written twice if the text was
//! read with [`UniqueKeys`] (a [`Value`] cannot tell any more). Settings that
//! bear on no decision (parallelism, leader election, client connection) are checked and forgotten.
//!
//! Source: `kube-scheduler/config/v1/types.go`,
//! `pkg/scheduler/apis/config/{v1,validation}` (v1.35).

pub use super::strict::UniqueKeys;

use super::arguments::{self, duration_seconds};
use super::merge::{Expanded, PluginSets, Point};
use super::strict::{decode, without_nulls};
use super::validation::Faults;
use super::{Arguments, Profile};
use crate::objects::requests::is_extended;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;

const VERSION: &str = "kubescheduler.config.k8s.io/v1";
const KIND: &str = "KubeSchedulerConfiguration";
const DEFAULT_SCHEDULER: &str = "default-scheduler";
/// Plugins that version v1 has no more.
const REMOVED: [&str; 4] = ["AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits"];

/// A configuration that a scheduler would start with.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    /// Profiles, at least one; scheduler names are unique.
    pub profiles: Vec<Profile>,
    /// How long a pod waits after its first failed attempt, in seconds.
    pub pod_initial_backoff_seconds: i64,
    /// How long a pod waits at most, in seconds.
    pub pod_max_backoff_seconds: i64,
    /// Webhooks. The engine calls none: whoever needs them has to refuse or to call them.
    pub extenders: Vec<Extender>,
}

/// What is wrong with a configuration, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFault {
    /// Path of the field, such as `profiles[0].plugins`; empty for the whole.
    pub path: String,
    /// What is wrong, in upstream's words where it has some.
    pub message: String,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.message),
            path => write!(f, "{path}: {}", self.message),
        }
    }
}

impl std::error::Error for ConfigFault {}

/// A webhook that takes part in decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Extender {
    /// Base URL; the extender's name in messages.
    pub url_prefix: String,
    /// Path of the filter call; empty where it has none.
    pub filter_verb: String,
    /// Path of the preemption call; empty where it has none.
    pub preempt_verb: String,
    /// Path of the scoring call; empty where it has none.
    pub prioritize_verb: String,
    /// What its scores are multiplied by.
    pub weight: i64,
    /// Path of the binding call; empty where it has none.
    pub bind_verb: String,
    /// Whether certificates are not checked where no authority is given.
    #[serde(rename = "enableHTTPS")]
    pub enable_https: bool,
    /// Keys and certificates, as written.
    pub tls_config: Option<Map<String, Value>>,
    /// How long a call may take, as Go writes durations; empty means five seconds.
    pub http_timeout: String,
    /// Whether it is sent names of nodes instead of nodes.
    pub node_cache_capable: bool,
    /// Resources it looks after; with none it is asked about every pod.
    pub managed_resources: Vec<ManagedResource>,
    /// Whether the scheduler goes on when it fails.
    pub ignorable: bool,
}

/// A resource that an extender looks after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct ManagedResource {
    /// Name of the resource.
    pub name: String,
    /// Whether NodeResourcesFit leaves it out.
    pub ignored_by_scheduler: bool,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    api_version: String,
    kind: String,
    parallelism: Option<i32>,
    leader_election: LeaderElection,
    #[serde(rename = "clientConnection")]
    _client_connection: ClientConnection,
    #[serde(rename = "enableProfiling")]
    _enable_profiling: Option<bool>,
    #[serde(rename = "enableContentionProfiling")]
    _enable_contention_profiling: Option<bool>,
    percentage_of_nodes_to_score: Option<i32>,
    pod_initial_backoff_seconds: Option<i64>,
    pod_max_backoff_seconds: Option<i64>,
    profiles: Vec<WrittenProfile>,
    extenders: Vec<Extender>,
    #[serde(rename = "delayCacheUntilActive")]
    _delay_cache_until_active: bool,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct LeaderElection {
    leader_elect: Option<bool>,
    lease_duration: Option<String>,
    renew_deadline: Option<String>,
    retry_period: Option<String>,
    resource_lock: Option<String>,
    #[serde(rename = "resourceName")]
    _resource_name: Option<String>,
    #[serde(rename = "resourceNamespace")]
    _resource_namespace: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct ClientConnection {
    #[serde(rename = "kubeconfig")]
    _kubeconfig: String,
    #[serde(rename = "acceptContentTypes")]
    _accept_content_types: String,
    #[serde(rename = "contentType")]
    _content_type: String,
    #[serde(rename = "qps")]
    _qps: Option<f64>,
    #[serde(rename = "burst")]
    _burst: Option<i32>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct WrittenProfile {
    scheduler_name: Option<String>,
    percentage_of_nodes_to_score: Option<i32>,
    plugins: PluginSets,
    plugin_config: Vec<PluginConfig>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct PluginConfig {
    name: String,
    args: Option<Value>,
}

/// Reads a configuration as upstream would: decodes, completes, merges with the default plugins and
/// checks it.
///
/// # Errors
/// Every fault that was found; for one that hinders decoding, that one alone.
pub fn parse(value: Value) -> Result<Configuration, Vec<ConfigFault>> {
    let written: Written = decode("", without_nulls(value)).map_err(|fault| vec![fault])?;
    let mut faults = Faults::default();
    check_globals(&written, &mut faults);
    check_extenders(&written.extenders, &mut faults);
    let initial = written.pod_initial_backoff_seconds.unwrap_or(1);
    let max = written.pod_max_backoff_seconds.unwrap_or(10);
    let mut written_profiles = written.profiles;
    if written_profiles.is_empty() {
        written_profiles.push(WrittenProfile::default());
    }
    if let [only] = &mut written_profiles[..] {
        only.scheduler_name.get_or_insert_with(|| DEFAULT_SCHEDULER.to_owned());
    }
    check_scheduler_names(&written_profiles, &mut faults);
    check_queue_sort(&written_profiles, &mut faults);
    let global_percentage = written.percentage_of_nodes_to_score.map(i64::from);
    let ignored_resources = ignored_resources(&written.extenders);
    let mut profiles = Vec::new();
    for (ix, written) in written_profiles.into_iter().enumerate() {
        let path = format!("profiles[{ix}]");
        let mut profile = read_profile(written, &path, global_percentage, &mut faults);
        // The names replace those of the profile, as upstream.
        if !ignored_resources.is_empty() {
            profile.arguments.fit.ignored_resources.clone_from(&ignored_resources);
        }
        profiles.push(profile);
    }
    if !faults.0.is_empty() {
        return Err(faults.0);
    }
    Ok(Configuration {
        profiles,
        pod_initial_backoff_seconds: initial,
        pod_max_backoff_seconds: max,
        extenders: written.extenders,
    })
}

impl Profile {
    /// Reads one entry of `profiles` by itself.
    ///
    /// # Errors
    /// As for [`parse`]; paths begin at the entry.
    pub fn from_recorded(value: Value) -> Result<Self, Vec<ConfigFault>> {
        let written: WrittenProfile =
            decode("", without_nulls(value)).map_err(|fault| vec![fault])?;
        let mut faults = Faults::default();
        let profile = read_profile(written, "", None, &mut faults);
        if faults.0.is_empty() { Ok(profile) } else { Err(faults.0) }
    }
}

fn check_globals(written: &Written, faults: &mut Faults) {
    if written.kind != KIND || written.api_version != VERSION {
        let (kind, version) = (&written.kind, &written.api_version);
        let message = format!("no kind \"{kind}\" is registered for version \"{version}\"");
        faults.push("", message);
    }
    let above_zero = "should be an integer value greater than zero";
    if let Some(count) = written.parallelism.filter(|count| *count <= 0) {
        faults.invalid("parallelism", count, above_zero);
    }
    let percentage = i64::from(written.percentage_of_nodes_to_score.unwrap_or(0));
    faults.in_range("percentageOfNodesToScore", percentage, (0, 100));
    let initial = written.pod_initial_backoff_seconds.unwrap_or(1);
    if initial <= 0 {
        faults.invalid("podInitialBackoffSeconds", initial, "must be greater than 0");
    }
    let max = written.pod_max_backoff_seconds.unwrap_or(10);
    if max < initial {
        let detail = "must be greater than or equal to PodInitialBackoffSeconds";
        faults.invalid("podMaxBackoffSeconds", max, detail);
    }
    check_leader_election(&written.leader_election, faults);
}

fn check_leader_election(written: &LeaderElection, faults: &mut Faults) {
    if written.leader_elect == Some(false) {
        return;
    }
    if let Some(lock) = written.resource_lock.as_deref().filter(|lock| *lock != "leases") {
        let detail = "resourceLock value must be \"leases\"";
        faults.invalid("leaderElection.resourceLock", format!("\"{lock}\""), detail);
    }
    let durations = [
        ("leaseDuration", &written.lease_duration),
        ("renewDeadline", &written.renew_deadline),
        ("retryPeriod", &written.retry_period),
    ];
    for (name, text) in durations {
        if text.as_deref().is_some_and(|text| !duration_seconds(text).is_some_and(|s| s > 0.0)) {
            let text = text.clone().unwrap_or_default();
            faults.invalid(format!("leaderElection.{name}"), text, "must be greater than zero");
        }
    }
}

fn check_extenders(extenders: &[Extender], faults: &mut Faults) {
    let mut managed = BTreeSet::new();
    for (ix, extender) in extenders.iter().enumerate() {
        let path = format!("extenders[{ix}]");
        if !extender.prioritize_verb.is_empty() && extender.weight <= 0 {
            let detail = "must have a positive weight applied to it";
            faults.invalid(format!("{path}.weight"), extender.weight, detail);
        }
        if !extender.http_timeout.is_empty() && duration_seconds(&extender.http_timeout).is_none() {
            let message = format!("\"{}\" is not a duration", extender.http_timeout);
            faults.push(format!("{path}.httpTimeout"), message);
        }
        for (resource_ix, resource) in extender.managed_resources.iter().enumerate() {
            let path = format!("{path}.managedResources[{resource_ix}].name");
            let name = &resource.name;
            if !is_extended(name) {
                let detail = "must be an extended resource name";
                faults.invalid(&path, format!("\"{name}\""), detail);
            }
            if !managed.insert(name) {
                faults.duplicate(path, format!("\"{name}\""));
            }
        }
    }
    let binding = extenders.iter().filter(|extender| !extender.bind_verb.is_empty()).count();
    if binding > 1 {
        let found = format!("found {binding} extenders implementing bind");
        faults.invalid("extenders", found, "only one extender can implement bind");
    }
}

/// Resources that some extender wants NodeResourcesFit to leave out.
fn ignored_resources(extenders: &[Extender]) -> Vec<String> {
    let managed = extenders.iter().flat_map(|extender| &extender.managed_resources);
    let ignored: BTreeSet<&String> = managed
        .filter(|resource| resource.ignored_by_scheduler)
        .map(|resource| &resource.name)
        .collect();
    ignored.into_iter().cloned().collect()
}

fn check_scheduler_names(profiles: &[WrittenProfile], faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for (ix, profile) in profiles.iter().enumerate() {
        let path = format!("profiles[{ix}].schedulerName");
        match profile.scheduler_name.as_deref() {
            None | Some("") => faults.required(path, ""),
            Some(name) if !seen.insert(name) => faults.duplicate(path, format!("\"{name}\"")),
            Some(_) => {}
        }
    }
}

/// All profiles share one queue.
fn check_queue_sort(profiles: &[WrittenProfile], faults: &mut Faults) {
    let sorts = |profile: &WrittenProfile| profile.plugins.at(Point::QueueSort).clone();
    let Some(first) = profiles.first().map(sorts) else { return };
    if first.enabled.len() > 1 {
        let path = "profiles[0].plugins.queueSort.enabled";
        faults.invalid(path, first.enabled.len(), "only one queue sort plugin can be enabled");
    }
    for (ix, profile) in profiles.iter().enumerate().skip(1) {
        if sorts(profile) != first {
            let path = format!("profiles[{ix}].plugins.queueSort");
            faults.push(path, "must be the same for all profiles");
        }
    }
}

/// Reads a profile; `percentage` is what holds where it says nothing. Its name may be missing only
/// where that was found before. Nobody's word means every node here, where it means a sample
/// upstream: who wants the sample says 0.
fn read_profile(
    written: WrittenProfile,
    path: &str,
    percentage: Option<i64>,
    faults: &mut Faults,
) -> Profile {
    let within = |field: &str| match path {
        "" => field.to_owned(),
        path => format!("{path}.{field}"),
    };
    let percentage = written.percentage_of_nodes_to_score.map(i64::from).or(percentage);
    faults.in_range(within("percentageOfNodesToScore"), percentage.unwrap_or(0), (0, 100));
    let mut profile = Profile {
        scheduler_name: written.scheduler_name.unwrap_or_else(|| DEFAULT_SCHEDULER.to_owned()),
        percentage_of_nodes_to_score: percentage,
        ..Profile::default()
    };
    check_removed(&written.plugins, &within("plugins"), faults);
    match expand(&written.plugins, &profile.scheduler_name) {
        Ok(expanded) => expanded.install(&mut profile),
        Err(message) => faults.push(path, message),
    }
    profile.arguments = read_plugin_config(written.plugin_config, &within("pluginConfig"), faults);
    profile
}

fn check_removed(plugins: &PluginSets, path: &str, faults: &mut Faults) {
    for point in Point::ALL {
        for (ix, entry) in plugins.at(*point).enabled.iter().enumerate() {
            let path = format!("{path}.{}.enabled[{ix}]", point.name());
            check_not_removed(&entry.name, path, faults);
        }
    }
}

fn check_not_removed(plugin: &str, path: String, faults: &mut Faults) {
    if REMOVED.contains(&plugin) {
        let detail =
            format!("was invalid in version \"{VERSION}\" ({KIND} is version \"{VERSION}\")");
        faults.invalid(path, format!("\"{plugin}\""), &detail);
    }
}

fn expand(plugins: &PluginSets, scheduler_name: &str) -> Result<Expanded, String> {
    let expanded = Expanded::new(plugins)?;
    let sorts = expanded.at(Point::QueueSort).len();
    if sorts != 1 {
        return Err(format!(
            "only one queue sort plugin required for profile with scheduler name \
             \"{scheduler_name}\", but got {sorts}"
        ));
    }
    if expanded.at(Point::Bind).is_empty() {
        return Err(format!(
            "at least one bind plugin is needed for profile with scheduler name \
             \"{scheduler_name}\""
        ));
    }
    Ok(expanded)
}

fn read_plugin_config(entries: Vec<PluginConfig>, path: &str, faults: &mut Faults) -> Arguments {
    let mut arguments = Arguments::default();
    let mut seen = BTreeSet::new();
    for (ix, PluginConfig { name, args }) in entries.into_iter().enumerate() {
        let path = format!("{path}[{ix}]");
        check_not_removed(&name, path.clone(), faults);
        if !seen.insert(name.clone()) {
            faults.push(&path, format!("repeated config for plugin {name}"));
            continue;
        }
        let Some(mut args) = args else { continue };
        match take_kind(&name, &mut args) {
            Ok(()) => arguments::read(&name, args, &format!("{path}.args"), &mut arguments, faults),
            Err(message) => faults.push(path, message),
        }
    }
    arguments
}

/// Takes kind and version, which may be left out, off arguments.
fn take_kind(plugin: &str, args: &mut Value) -> Result<(), String> {
    let Some(members) = args.as_object_mut() else { return Ok(()) };
    let version = members.remove("apiVersion").unwrap_or_else(|| VERSION.into());
    let kind = members.remove("kind").unwrap_or_else(|| format!("{plugin}Args").into());
    if version == VERSION && kind == format!("{plugin}Args") {
        return Ok(());
    }
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let version = text(version);
    let group = version.split('/').next().unwrap_or_default();
    Err(format!(
        "args for plugin {plugin} were not of type {plugin}Args.kubescheduler.config.k8s.io, got \
         {}.{group}",
        text(kind)
    ))
}
