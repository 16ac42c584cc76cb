//! Which plugins run where: the written plugin sets merged with the default ones.
//!
//! Source: `pkg/scheduler/apis/config/v1/default_plugins.go`,
//! `pkg/scheduler/framework/runtime/framework.go` (v1.35).

use super::Profile;
use crate::plugins::Plugin;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A plugin that is switched on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Enabled {
    pub name: String,
    pub weight: i32,
}

/// A plugin that is switched off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Disabled {
    pub name: String,
    /// Accepted and without meaning.
    pub weight: i32,
}

/// What is switched on and off at one point.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PluginSet {
    pub enabled: Vec<Enabled>,
    pub disabled: Vec<Disabled>,
}

macro_rules! points {
    ($($variant:ident $field:ident $name:literal $interface:literal,)*) => {
        /// A point of the scheduling framework.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Point {
            $($variant,)*
        }

        /// `plugins` of a profile.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
        #[serde(default, deny_unknown_fields, rename_all = "camelCase")]
        pub(super) struct PluginSets {
            $($field: PluginSet,)*
            multi_point: PluginSet,
        }

        impl Point {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in configuration.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The name in upstream's errors.
            const fn interface(self) -> &'static str {
                match self { $(Self::$variant => $interface,)* }
            }
        }

        impl PluginSets {
            /// What is written for one point.
            pub fn at(&self, point: Point) -> &PluginSet {
                match point { $(Point::$variant => &self.$field,)* }
            }
        }
    };
}

// In the order in which upstream installs them, which decides the error that is reported.
points! {
    PreFilter pre_filter "preFilter" "PreFilterPlugin",
    Filter filter "filter" "FilterPlugin",
    PostFilter post_filter "postFilter" "PostFilterPlugin",
    Reserve reserve "reserve" "ReservePlugin",
    PreScore pre_score "preScore" "PreScorePlugin",
    Score score "score" "ScorePlugin",
    PreBind pre_bind "preBind" "PreBindPlugin",
    Bind bind "bind" "BindPlugin",
    PostBind post_bind "postBind" "PostBindPlugin",
    Permit permit "permit" "PermitPlugin",
    PreEnqueue pre_enqueue "preEnqueue" "PreEnqueuePlugin",
    QueueSort queue_sort "queueSort" "QueueSortPlugin",
}

/// A plugin by name: its weight in the default profile (`None` where that leaves it out) and its
/// points.
type Known = (&'static str, Option<i32>, &'static [Point]);

/// Every plugin there is, in the order of the default profile.
const KNOWN: &[Known] = {
    use Point::*;
    &[
        ("SchedulingGates", Some(0), &[PreEnqueue]),
        ("PrioritySort", Some(0), &[QueueSort]),
        ("NodeUnschedulable", Some(0), &[Filter]),
        ("NodeName", Some(0), &[Filter]),
        ("TaintToleration", Some(3), &[Filter, PreScore, Score]),
        ("NodeAffinity", Some(2), &[PreFilter, Filter, PreScore, Score]),
        ("NodePorts", Some(0), &[PreFilter, Filter]),
        ("NodeResourcesFit", Some(1), &[PreFilter, Filter, PreScore, Score]),
        ("VolumeRestrictions", Some(0), &[PreFilter, Filter]),
        ("NodeVolumeLimits", Some(0), &[PreFilter, Filter]),
        ("VolumeBinding", Some(0), &[PreFilter, Filter, PreScore, Score, Reserve, PreBind]),
        ("VolumeZone", Some(0), &[PreFilter, Filter]),
        ("PodTopologySpread", Some(2), &[PreFilter, Filter, PreScore, Score]),
        ("InterPodAffinity", Some(2), &[PreFilter, Filter, PreScore, Score]),
        (
            "DynamicResources",
            Some(2),
            &[PreEnqueue, PreFilter, Filter, PostFilter, Score, Reserve, PreBind],
        ),
        ("DefaultPreemption", Some(0), &[PreEnqueue, PostFilter]),
        ("NodeResourcesBalancedAllocation", Some(1), &[PreScore, Score]),
        ("ImageLocality", Some(1), &[Score]),
        ("DefaultBinder", Some(0), &[Bind]),
        ("NodeDeclaredFeatures", None, &[PreFilter, Filter]),
        ("GangScheduling", None, &[PreEnqueue, Reserve, Permit]),
    ]
};

fn points_of(name: &str) -> Option<&'static [Point]> {
    KNOWN.iter().find(|(known, ..)| *known == name).map(|(_, _, points)| *points)
}

/// The default set merged with what is written (step A). Only `multiPoint` has defaults, and none
/// of them is disabled.
fn merged_multi_point(custom: &PluginSet) -> Vec<Enabled> {
    let disabled: BTreeSet<&str> = custom.disabled.iter().map(|d| d.name.as_str()).collect();
    let mut replaced = BTreeSet::new();
    let mut merged = Vec::new();
    for (name, weight, _) in KNOWN {
        let Some(weight) = *weight else { continue };
        if disabled.contains("*") || disabled.contains(name) {
            continue;
        }
        // As upstream, of two entries with the name of a default one the last replaces it.
        match custom.enabled.iter().rposition(|entry| entry.name == *name) {
            Some(at) => {
                replaced.insert(at);
                merged.push(custom.enabled[at].clone());
            }
            None => merged.push(Enabled { name: (*name).to_owned(), weight }),
        }
    }
    let rest = custom.enabled.iter().enumerate().filter(|(at, _)| !replaced.contains(at));
    merged.extend(rest.map(|(_, entry)| entry.clone()));
    merged
}

/// The plugins of each point, by name.
pub(super) struct Expanded {
    by_point: BTreeMap<Point, Vec<String>>,
    weights: BTreeMap<String, i64>,
}

impl Expanded {
    /// Merges, installs and expands (steps A to D).
    ///
    /// # Errors
    /// The first thing that upstream cannot install, in its words.
    pub fn new(written: &PluginSets) -> Result<Self, String> {
        let multi_point = merged_multi_point(&written.multi_point);
        for point in Point::ALL {
            check_specific(*point, &written.at(*point).enabled)?;
        }
        let mut by_point = BTreeMap::new();
        for point in Point::ALL {
            by_point.insert(*point, expand(*point, written.at(*point), &multi_point)?);
        }
        let weights = weights(&written.score.enabled, &multi_point)?;
        Ok(Self { by_point, weights })
    }

    /// The plugins of a point, in order.
    pub fn at(&self, point: Point) -> &[String] {
        self.by_point.get(&point).map_or(&[], Vec::as_slice)
    }

    /// Puts the plugins that take part in decisions into the profile.
    pub fn install(&self, profile: &mut Profile) {
        let plugins = |point| -> Vec<Plugin> {
            self.at(point).iter().filter_map(|name| Plugin::from_name(name)).collect()
        };
        profile.pre_enqueue = plugins(Point::PreEnqueue);
        // It holds pods back only while their own preemption is under way.
        profile.pre_enqueue.retain(|plugin| *plugin != Plugin::DefaultPreemption);
        profile.pre_filter = plugins(Point::PreFilter);
        profile.filter = plugins(Point::Filter);
        profile.post_filter = plugins(Point::PostFilter);
        profile.pre_score = plugins(Point::PreScore);
        profile.reserve = plugins(Point::Reserve);
        let weight = |plugin: Plugin| self.weights.get(plugin.name()).copied().unwrap_or(1);
        profile.score = plugins(Point::Score).into_iter().map(|p| (p, weight(p))).collect();
    }
}

fn check_specific(point: Point, enabled: &[Enabled]) -> Result<(), String> {
    let interface = point.interface();
    let mut seen = BTreeSet::new();
    for Enabled { name, .. } in enabled {
        let Some(points) = points_of(name) else {
            return Err(format!("{interface} \"{name}\" does not exist"));
        };
        if !points.contains(&point) {
            return Err(format!("plugin \"{name}\" does not extend {interface} plugin"));
        }
        if !seen.insert(name) {
            return Err(format!("plugin \"{name}\" already registered as \"{interface}\""));
        }
    }
    Ok(())
}

/// The plugins of one point (steps B and C): those that override `multiPoint`, then `multiPoint`,
/// then the rest of those written for the point.
fn expand(point: Point, own: &PluginSet, multi_point: &[Enabled]) -> Result<Vec<String>, String> {
    let interface = point.interface();
    let specific: Vec<&str> = own.enabled.iter().map(|entry| entry.name.as_str()).collect();
    let disabled: BTreeSet<&str> = own.disabled.iter().map(|entry| entry.name.as_str()).collect();
    let (mut overriding, mut from_multi_point) = (BTreeSet::new(), Vec::new());
    if !disabled.contains("*") {
        for Enabled { name, .. } in multi_point {
            let name = name.as_str();
            let Some(points) = points_of(name) else {
                return Err(format!("{interface} \"{name}\" does not exist"));
            };
            if !points.contains(&point) || disabled.contains(name) {
                continue;
            }
            if specific.contains(&name) {
                overriding.insert(name);
            } else if from_multi_point.contains(&name) {
                return Err(format!("plugin \"{name}\" already registered as \"{interface}\""));
            } else {
                from_multi_point.push(name);
            }
        }
    }
    let (first, last): (Vec<&str>, Vec<&str>) =
        specific.into_iter().partition(|name| overriding.contains(name));
    let all = first.into_iter().chain(from_multi_point).chain(last);
    Ok(all.map(str::to_owned).collect())
}

/// Weights of plugins that score (step D): the first one written counts, 0 means 1.
fn weights(score: &[Enabled], multi_point: &[Enabled]) -> Result<BTreeMap<String, i64>, String> {
    const MAX_NODE_SCORE: i64 = 100;
    let mut weights = BTreeMap::new();
    let scoring = multi_point
        .iter()
        .filter(|entry| points_of(&entry.name).is_some_and(|p| p.contains(&Point::Score)));
    for Enabled { name, weight } in score.iter().chain(scoring) {
        let weight = if *weight == 0 { 1 } else { i64::from(*weight) };
        weights.entry(name.clone()).or_insert(weight);
    }
    let total = weights
        .values()
        .try_fold(0_i64, |total, weight| total.checked_add(weight.checked_mul(MAX_NODE_SCORE)?));
    match total {
        Some(_) => Ok(weights),
        None => Err("total score of Score plugins could overflow".to_owned()),
    }
}
