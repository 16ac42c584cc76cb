//! kube-scheduler's sampling: an attempt looks at nodes until enough of them are feasible, and the
//! next one goes on where it stopped.
//!
//! Nodes are looked at in the order of upstream's node tree: one node per zone in turn. The tree's
//! order within a zone, and of the zones, is that of arrival; here all nodes arrive in byte order of
//! their names, as they do when a scheduler starts and lists them. Upstream looks at several nodes at
//! once and may find more than it wants; here one is looked at after the other, and the search ends
//! with the last one that is wanted.
//!
//! Source: `numFeasibleNodesToFind` and `findNodesThatPassFilters` of
//! `pkg/scheduler/schedule_one.go`, `pkg/scheduler/backend/cache/node_tree.go` (v1.35).

use super::attempt::{Attempt, PreFiltered};
use super::evaluation::{Evaluation, Verdict};
use crate::objects::node::{BETA_REGION, BETA_ZONE, REGION, ZONE};
use crate::objects::{Labels, NodeInfo};
use crate::plugins::reason::Code;
use crate::profile::Profile;
use std::collections::BTreeMap;

/// A cluster of fewer candidates is looked at as a whole, and so many are wanted at least.
const FEWEST: usize = 100;
/// Lower bound of the percentage that follows from the size of the cluster.
const LEAST_PERCENTAGE: usize = 5;

impl Profile {
    /// Whether attempts end before every node was looked at, if enough are feasible.
    pub fn samples(&self) -> bool {
        self.percentage_of_nodes_to_score.is_some_and(|percentage| percentage < 100)
    }

    /// How many feasible nodes an attempt looks for among so many candidates.
    pub fn nodes_to_find(&self, candidates: usize) -> usize {
        let Some(percentage) = self.percentage_of_nodes_to_score.filter(|_| self.samples()) else {
            return candidates;
        };
        if self.score.is_empty() {
            return 1;
        }
        if candidates < FEWEST {
            return candidates;
        }
        let percentage = match usize::try_from(percentage) {
            Ok(percentage) if percentage > 0 => percentage,
            _ => 50usize.saturating_sub(candidates / 125).max(LEAST_PERCENTAGE),
        };
        (candidates * percentage / 100).max(FEWEST)
    }
}

impl<'a> Attempt<'a> {
    /// Asks the filters about the nodes that PreFilter left, from a place in the order of the node
    /// tree on, until enough are feasible. Gives back where the next attempt begins, too.
    pub(super) fn filter_sample(&self, found: &PreFiltered, start: usize) -> (Evaluation, usize) {
        let (snapshot, profile) = (self.context.snapshot, self.context.profile);
        let nodes = &snapshot.nodes;
        let allows = |ix: &usize| {
            found.narrowed.as_ref().is_none_or(|names| names.contains(name(&nodes[*ix])))
        };
        let candidates: Vec<usize> = tree_order(nodes).into_iter().filter(allows).collect();
        let mut verdicts = vec![Verdict::NotExamined; nodes.len()];
        let left_out = (0..nodes.len()).filter(|ix| !allows(ix));
        left_out.for_each(|ix| verdicts[ix] = Verdict::Excluded);

        let nominated = self.verdict_on_nominated_node();
        let is_taken = nominated.as_ref().is_some_and(|(_, verdict)| *verdict == Verdict::Feasible);
        // A failure on the nominated node is passed over.
        if let Some((ix, verdict)) = nominated.as_ref().filter(|(_, verdict)| !is_error(verdict)) {
            verdicts[*ix] = verdict.clone();
        }
        if !is_taken {
            let wanted = profile.nodes_to_find(candidates.len());
            let mut feasible = 0;
            for step in 0..candidates.len() {
                let ix = candidates[(start + step) % candidates.len()];
                verdicts[ix] = self.verdict(&nodes[ix]);
                feasible += usize::from(verdicts[ix] == Verdict::Feasible);
                if feasible == wanted || is_error(&verdicts[ix]) {
                    break;
                }
            }
        }
        let processed = match is_taken {
            true => 0,
            false => verdicts.iter().filter(|verdict| counts(verdict)).count(),
        };
        let evaluation = self.account_of(found, nominated.as_ref(), verdicts);
        (evaluation, (start + processed) % nodes.len().max(1))
    }
}

/// Whether the node is one that the search dealt with.
fn counts(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Feasible => true,
        Verdict::Rejected(rejection) => rejection.code != Code::Error,
        Verdict::Excluded | Verdict::NotExamined => false,
    }
}

fn is_error(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Rejected(rejection) if rejection.code == Code::Error)
}

fn name<'n>(node: &'n NodeInfo<'_>) -> &'n str {
    node.node.name()
}

/// Indices of the nodes, one per zone in turn.
fn tree_order(nodes: &[NodeInfo<'_>]) -> Vec<usize> {
    let mut place_of: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut zones: Vec<Vec<usize>> = Vec::new();
    for (ix, node) in nodes.iter().enumerate() {
        let zone = *place_of.entry(zone_of(&node.node.meta.labels)).or_insert(zones.len());
        if zone == zones.len() {
            zones.push(Vec::new());
        }
        zones[zone].push(ix);
    }
    let longest = zones.iter().map(Vec::len).max().unwrap_or(0);
    let round = |turn: usize| zones.iter().filter_map(move |zone| zone.get(turn).copied());
    (0..longest).flat_map(round).collect()
}

/// Region and zone; the labels of old releases come first.
fn zone_of(labels: &Labels) -> (&str, &str) {
    let label = |old: &str, new: &str| {
        labels.get(old).or_else(|| labels.get(new)).map_or("", String::as_str)
    };
    (label(BETA_REGION, REGION), label(BETA_ZONE, ZONE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cycle::plain;
    use crate::objects::{Node, Pod, Snapshot, Store};
    use serde_json::{Value, json};

    fn profile(percentage: Option<i64>) -> Profile {
        Profile { percentage_of_nodes_to_score: percentage, ..Profile::default() }
    }

    #[test]
    fn so_many_feasible_nodes_are_looked_for() {
        for (candidates, percentage, wanted) in [
            (99, Some(0), 99),
            (100, Some(0), 100),
            (200, Some(0), 100),
            (217, Some(0), 106),
            (300, Some(0), 144),
            (500, Some(0), 230),
            (1000, Some(0), 420),
            (2500, Some(0), 750),
            (3000, Some(0), 780),
            (5000, Some(0), 500),
            (5625, Some(0), 281),
            (6000, Some(0), 300),
            (5000, None, 5000),
            (5000, Some(100), 5000),
            (5000, Some(99), 4950),
            (5000, Some(1), 100),
            (50, Some(1), 50),
            (0, Some(0), 0),
        ] {
            let found = profile(percentage).nodes_to_find(candidates);
            assert_eq!(found, wanted, "{percentage:?} of {candidates}");
        }
    }

    #[test]
    fn one_node_is_enough_where_nothing_scores() {
        for (percentage, wanted) in [(Some(0), 1), (Some(50), 1), (Some(100), 9), (None, 9)] {
            let profile = Profile { score: Vec::new(), ..profile(percentage) };
            assert_eq!(profile.nodes_to_find(9), wanted, "{percentage:?}");
        }
    }

    fn node(name: &str, labels: Value, cpu: &str) -> Node {
        serde_json::from_value(json!({
            "metadata": {"name": name, "labels": labels},
            "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}},
        }))
        .expect("a node")
    }

    fn order(nodes: &[Node]) -> String {
        let store = Store::default();
        let snapshot = Snapshot::new(&store, nodes, []);
        let names = tree_order(&snapshot.nodes).into_iter().map(|ix| name(&snapshot.nodes[ix]));
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn zones_take_turns() {
        let zone = |zone: &str| json!({"topology.kubernetes.io/zone": zone});
        let old = |zone: &str| json!({"failure-domain.beta.kubernetes.io/zone": zone});
        let region = |region: &str| json!({"topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": region});
        let make = |names_and_labels: &[(&str, Value)]| -> Vec<Node> {
            let nodes = names_and_labels.iter();
            nodes.map(|(name, labels)| node(name, labels.clone(), "4")).collect()
        };
        for (nodes, expected) in [
            (vec![], ""),
            (vec![("b", json!({})), ("a", json!({}))], "a b"),
            (
                vec![("a", zone("y")), ("b", zone("y")), ("c", zone("x")), ("d", zone("x"))],
                "a c b d",
            ),
            (
                vec![("a", zone("x")), ("b", zone("y")), ("c", zone("y")), ("d", zone("y"))],
                "a b c d",
            ),
            (vec![("a", zone("x")), ("b", zone("x")), ("c", json!({}))], "a c b"),
            (vec![("a", zone("x")), ("b", old("x")), ("c", zone("y"))], "a c b"),
            (vec![("a", region("r")), ("b", region("r")), ("c", region("s"))], "a c b"),
        ] {
            assert_eq!(order(&make(&nodes)), expected, "{nodes:?}");
        }
    }

    /// A profile without scores wants one node; the cluster has a full node and four others.
    fn attempt(pod: &Value, start: usize) -> (Vec<String>, usize) {
        let sizes = [("a", "4"), ("b", "1"), ("c", "4"), ("d", "4"), ("e", "4")];
        let nodes: Vec<Node> = sizes.map(|(name, cpu)| node(name, json!({}), cpu)).into();
        let pod: Pod = serde_json::from_value(pod.clone()).expect("a pod");
        let profile = Profile { score: Vec::new(), ..profile(Some(0)) };
        let store = Store::default();
        let snapshot = Snapshot::new(&store, &nodes, []);
        let (evaluation, next) = plain::evaluate_sample(&snapshot, &profile, &pod, start);
        let text = |(node, verdict): (&Node, &Verdict)| match verdict {
            Verdict::NotExamined => None,
            verdict => Some(format!("{} {}", node.name(), counts(verdict))),
        };
        let looked_at = nodes.iter().zip(&evaluation.verdicts).filter_map(text).collect();
        assert!(evaluation.scores.len() <= 1, "{:?}", evaluation.scores);
        (looked_at, next)
    }

    #[test]
    fn a_search_ends_with_the_last_node_wanted_and_the_next_goes_on_there() {
        let pod = |cpu: &str, spec: Value| {
            let requests = json!({"requests": {"cpu": cpu}});
            let mut pod = json!({"metadata": {"name": "p", "namespace": "default"}, "spec": spec});
            pod["spec"]["containers"] = json!([{"name": "c", "resources": requests}]);
            pod
        };
        let nominated = |node: &str| {
            let mut pod = pod("2", json!({}));
            pod["status"] = json!({"nominatedNodeName": node});
            pod
        };
        let named = json!({"affinity": {"nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [
                {"key": "metadata.name", "operator": "In", "values": ["d"]}]}]}}}});
        for (pod, start, looked_at, next) in [
            (pod("2", json!({})), 0, "a true", 1),
            // The node that is too small counts as dealt with.
            (pod("2", json!({})), 1, "b true, c true", 3),
            (pod("2", json!({})), 4, "e true", 0),
            // Nothing fits: every node is looked at.
            (pod("9", json!({})), 3, "a true, b true, c true, d true, e true", 3),
            // One candidate: the place is taken modulo the candidates, moved modulo all nodes.
            (pod("2", named), 3, "a false, b false, c false, d true, e false", 4),
            // A nominated node that fits is taken without a search.
            (nominated("d"), 2, "d true", 2),
            // One that does not was dealt with, besides those that are searched.
            (nominated("b"), 2, "b true, c true", 4),
        ] {
            let found = attempt(&pod, start);
            assert_eq!((found.0.join(", ").as_str(), found.1), (looked_at, next), "{pod} {start}");
        }
    }
}
