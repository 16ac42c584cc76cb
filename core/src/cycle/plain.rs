//! One attempt to place a pod by the plain rules: every plugin asked about every node, one after
//! the other, as the specification has it. Slow, and what faster ways are judged by.
//!
//! All nodes are looked at unless the profile asks for a sample; scores are computed for a single
//! feasible node too, and where filters fail on several nodes the first node by name is reported.
//!
//! Source: `findNodesThatFitPod`, `prioritizeNodes` of `pkg/scheduler/schedule_one.go` and
//! `RunScorePlugins` of `pkg/scheduler/framework/runtime/framework.go` (v1.35).

use super::attempt::{Attempt, PreFilterState, PreFiltered};
use super::evaluation::{Evaluation, NodeScore, Verdict};
use super::missing_state;
use crate::objects::{NodeInfo, Pod, Snapshot};
use crate::plugins::Plugin;
use crate::plugins::contract::{Context, PreScore};
use crate::plugins::reason::Code;
use crate::profile::Profile;

/// Scores after normalisation lie between 0 and this.
const MAX_NODE_SCORE: i64 = 100;

/// Everything that one attempt to place the pod finds out, every node looked at.
pub fn evaluate(snapshot: &Snapshot, profile: &Profile, pod: &Pod) -> Evaluation {
    evaluate_by(snapshot, profile, pod, |attempt, found| attempt.filter_all(found))
}

/// What one attempt finds out on as many nodes as the profile looks at, beginning with the one at
/// `start` in the order of the node tree; and where the next attempt begins.
pub fn evaluate_sample(
    snapshot: &Snapshot,
    profile: &Profile,
    pod: &Pod,
    start: usize,
) -> (Evaluation, usize) {
    let mut next = start;
    let evaluation = evaluate_by(snapshot, profile, pod, |attempt, found| {
        let (evaluation, after) = attempt.filter_sample(found, start);
        next = after;
        evaluation
    });
    (evaluation, next)
}

fn evaluate_by<'a>(
    snapshot: &'a Snapshot<'a>,
    profile: &'a Profile,
    pod: &'a Pod,
    filter: impl FnOnce(&Attempt<'a>, &PreFiltered) -> Evaluation,
) -> Evaluation {
    let mut attempt = Attempt::new(Context { pod, snapshot, profile });
    if let Some(rejection) = attempt.pre_enqueue() {
        return Evaluation { pre_enqueue: Some(rejection), ..Evaluation::default() };
    }
    if snapshot.nodes.is_empty() {
        let error = Some("no nodes available to schedule pods".to_owned());
        return Evaluation { error, ..Evaluation::default() };
    }
    let found = attempt.pre_filter();
    if let Some(rejection) = found.rejection {
        let error = (rejection.code == Code::Error).then(|| {
            format!("running PreFilter plugin \"{}\": {}", rejection.plugin, rejection.text())
        });
        return Evaluation { pre_filter: Some(rejection), error, ..Evaluation::default() };
    }
    let mut evaluation = filter(&attempt, &found);
    if !evaluation.nominated_fast_path && evaluation.error.is_none() {
        match attempt.score(&evaluation.feasible()) {
            Ok(rows) => evaluation.scores = rows,
            Err(error) => evaluation.error = Some(error),
        }
    }
    evaluation
}

impl<'a> Attempt<'a> {
    /// Asks the filters about every node that PreFilter left.
    pub fn filter_all(&self, found: &PreFiltered) -> Evaluation {
        let nominated = self.verdict_on_nominated_node();
        let allows = |name| found.narrowed.as_ref().is_none_or(|names| names.contains(name));
        let nodes = self.context.snapshot.nodes.iter().enumerate();
        let verdicts = nodes.map(|(ix, node)| match &nominated {
            Some((at, verdict)) if *at == ix => verdict.clone(),
            _ if allows(node.node.name()) => self.verdict(node),
            _ => Verdict::Excluded,
        });
        self.account_of(found, nominated.as_ref(), verdicts.collect())
    }

    /// What the filters say about a node.
    pub(super) fn verdict(&self, node: &NodeInfo<'a>) -> Verdict {
        match self.filter_with_nominated(node) {
            Some(rejection) => Verdict::Rejected(rejection),
            None => Verdict::Feasible,
        }
    }

    /// The node that the pod is nominated to, which is asked about before all others.
    pub(super) fn verdict_on_nominated_node(&self) -> Option<(usize, Verdict)> {
        let Context { snapshot, pod, .. } = self.context;
        let nominated = &pod.status.nominated_node_name;
        let at = snapshot.nodes.iter().position(|node| node.node.name() == nominated)?;
        Some((at, self.verdict(&snapshot.nodes[at])))
    }

    /// The account of a search that came to these verdicts.
    pub(super) fn account_of(
        &self,
        found: &PreFiltered,
        nominated: Option<&(usize, Verdict)>,
        verdicts: Vec<Verdict>,
    ) -> Evaluation {
        let mut narrowed_by = found.narrowed_by.clone();
        if let Some((_, Verdict::Rejected(rejection))) = nominated {
            narrowed_by.insert(rejection.plugin);
        }
        let fast = matches!(nominated, Some((_, Verdict::Feasible)));
        let mut evaluation =
            Evaluation { verdicts, nominated_fast_path: fast, ..Evaluation::default() };
        if found.narrowed.is_some() {
            evaluation.narrowed_by = narrowed_by.into_iter().collect();
            evaluation.narrowed_by.sort_unstable_by_key(|plugin| plugin.name());
        }
        if !fast {
            evaluation.error = evaluation.first_filter_error();
        }
        evaluation
    }

    /// One row for each of these nodes. The scheduler does not score a single node: no failure
    /// ends the attempt then.
    fn score(&mut self, feasible: &[usize]) -> Result<Vec<NodeScore>, String> {
        let snapshot = self.context.snapshot;
        let nodes: Vec<&NodeInfo<'a>> = feasible.iter().map(|ix| &snapshot.nodes[*ix]).collect();
        match self.weighted_scores(&nodes) {
            Ok(columns) => Ok(rows(feasible, &columns, self.context.profile.score.is_empty())),
            Err(_) if nodes.len() == 1 => Ok(rows(feasible, &[], false)),
            Err(error) => Err(error),
        }
    }

    fn weighted_scores(&mut self, nodes: &[&NodeInfo<'a>]) -> Result<Vec<Column>, String> {
        let mut columns = Vec::new();
        if nodes.is_empty() {
            return Ok(columns);
        }
        let asked = self.pre_score(nodes)?;
        let raw = self.raw_scores(&asked, nodes)?;
        for ((plugin, weight), mut scores) in asked.into_iter().zip(raw) {
            self.rules[&plugin].plain.normalize(&self.context, nodes, &mut scores);
            columns.push(Column { plugin, weight, scores });
        }
        for node in 0..nodes.len() {
            columns.iter().try_for_each(|column| column.check(node))?;
        }
        Ok(columns)
    }

    /// The plugins to ask for scores, with their weights.
    fn pre_score(&mut self, nodes: &[&NodeInfo<'a>]) -> Result<Vec<(Plugin, i64)>, String> {
        let profile = self.context.profile;
        let mut skipped = Vec::new();
        for plugin in &profile.pre_score {
            let Some(rule) = self.rules.get_mut(plugin) else { continue };
            match rule.plain.pre_score(&self.context, nodes) {
                PreScore::Run => {}
                PreScore::Skip => skipped.push(*plugin),
                PreScore::Error(text) => {
                    return Err(format!("running PreScore plugin \"{plugin}\": {text}"));
                }
            }
        }
        let asked = profile.score.iter().copied();
        let asked = asked.filter(|(plugin, _)| !skipped.contains(plugin));
        Ok(asked.filter(|(plugin, _)| self.rules.contains_key(plugin)).collect())
    }

    /// Raw scores, a list per plugin, an entry per node.
    fn raw_scores(
        &mut self,
        asked: &[(Plugin, i64)],
        nodes: &[&NodeInfo<'a>],
    ) -> Result<Vec<Vec<i64>>, String> {
        let failed = |plugin, text: &str| {
            format!("running Score plugins: plugin \"{plugin}\" failed with: {text}")
        };
        let mut scores = vec![Vec::with_capacity(nodes.len()); asked.len()];
        for (plugin, _) in asked {
            self.prepare_score(*plugin, nodes).map_err(|text| failed(*plugin, text))?;
        }
        for node in nodes {
            for ((plugin, _), scores) in asked.iter().zip(&mut scores) {
                let score = self.rules[plugin].plain.score(&self.context, node);
                scores.push(score.map_err(|text| failed(*plugin, &text))?);
            }
        }
        Ok(scores)
    }

    /// A plugin whose PreScore the profile does not run either fails or computes on the way what
    /// it needs.
    fn prepare_score(
        &mut self,
        plugin: Plugin,
        nodes: &[&NodeInfo<'a>],
    ) -> Result<(), &'static str> {
        let Some(rule) = self.rules.get_mut(&plugin) else { return Ok(()) };
        if plugin == Plugin::DynamicResources {
            // It has no PreScore and reads what its PreFilter found.
            let missing = rule.pre_filter == PreFilterState::Missing;
            return if missing { Err("not found") } else { Ok(()) };
        }
        if !self.context.profile.pre_score.contains(&plugin) {
            if let Some(text) = missing_state::of_score(plugin) {
                return Err(text);
            }
            rule.plain.pre_score(&self.context, nodes);
        }
        Ok(())
    }
}

/// Normalised scores of one plugin, one per feasible node.
struct Column {
    plugin: Plugin,
    weight: i64,
    scores: Vec<i64>,
}

impl Column {
    fn check(&self, node: usize) -> Result<(), String> {
        let score = self.scores[node];
        if (0..=MAX_NODE_SCORE).contains(&score) {
            return Ok(());
        }
        Err(format!(
            "applying score defaultWeights on Score plugins: plugin \"{}\" returns an invalid \
             score {score}, it should in the range of [0, {MAX_NODE_SCORE}] after normalizing",
            self.plugin
        ))
    }
}

/// Turns columns into rows. Without any score plugin every node scores 1.
fn rows(feasible: &[usize], columns: &[Column], nothing_scores: bool) -> Vec<NodeScore> {
    let row = |(at, node): (usize, &usize)| {
        let part =
            |column: &Column| (column.plugin, column.scores[at].saturating_mul(column.weight));
        let parts: Vec<_> = columns.iter().map(part).collect();
        let sum = parts.iter().fold(0i64, |sum, (_, score)| sum.saturating_add(*score));
        NodeScore { node: *node, total: if nothing_scores { 1 } else { sum }, parts }
    };
    feasible.iter().enumerate().map(row).collect()
}
