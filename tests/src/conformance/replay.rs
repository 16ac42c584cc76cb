//! One recorded case after the other: every pending pod is attempted once, in order.

use super::Way;
use super::asked::Asked;
use super::compare::compare;
use super::profile::profile;
use super::read;
use super::recording::{CandidateEntry, Entry, Line, NodeEntry, PreemptionEntry, Refusal};
use super::report::{Comparison, Report};
use super::reserve::reserve;
use anyhow::{Context, Result};
use bayplan::base::time::Timestamp;
use bayplan::cycle::evaluation::{Evaluation, Verdict};
use bayplan::explain::message;
use bayplan::objects::{Kind, Pod};
use bayplan::plugins::contract::Context as Attempted;
use bayplan::plugins::reason::{Code, Rejection};
use bayplan::preemption::Nomination;
use bayplan::profile::Profile;
use bayplan::scheduler::PostFilter;
use bayplan::state::Cluster;
use bayplan::state::change::Change;

/// 2030-01-01T00:00:00Z, when the first pending pod starts; each later one a second later.
const FIRST_START: i64 = 1_893_456_000;

/// Judges the cases of one family.
pub(super) fn judge(family: &str, lines: &[String], way: Way, report: &mut Report) -> Result<()> {
    for line in lines {
        let line: Line = serde_json::from_str(line)?;
        let name = line.case.name.clone();
        report.count_case(family);
        match Replay::new(&line, way) {
            Ok(replay) => replay.run(line, family, report).context(name)?,
            Err(error) => report.skip(family, format!("{name}: {error:#}")),
        }
    }
    Ok(())
}

/// A case on its way.
struct Replay {
    cluster: Cluster,
    profile: Profile,
    asked: Asked,
    pending: Vec<String>,
}

impl Replay {
    fn new(line: &Line, way: Way) -> Result<Self> {
        let texts = line.case.objects.iter().chain(&line.case.pending);
        let objects = read::objects(texts.map(|text| text.get()))?;
        let pods = objects.iter().rev().take(line.case.pending.len());
        let mut pending: Vec<_> = pods.map(|pod| pod.meta().key()).collect();
        pending.reverse();
        let cluster = Cluster::from_objects(objects)?;
        let profile = profile(line.case.profile.as_ref())?;
        let asked = Asked::new(profile.clone(), way);
        Ok(Self { cluster, profile, asked, pending })
    }

    fn run(mut self, line: Line, family: &str, report: &mut Report) -> Result<()> {
        for (position, recorded) in line.expected.pods.iter().enumerate() {
            let key = self.pending.get(position).context("fewer pods than decisions")?.clone();
            let start = Timestamp::from_seconds(FIRST_START + i64::try_from(position)?);
            let mut comparisons = Vec::new();
            let decided = self.attempt(&key, start, recorded, &mut comparisons)?;
            comparisons.extend(compare(recorded, &decided));
            report.count(family, &format!("{} {key}", line.case.name), comparisons);
        }
        Ok(())
    }

    /// Attempts one pod, and brings the world to where the recording has it then.
    fn attempt(
        &mut self,
        key: &str,
        start: Timestamp,
        recorded: &Entry,
        comparisons: &mut Vec<Comparison>,
    ) -> Result<Entry> {
        let pod = &pod(&self.cluster, key)?.clone();
        if pod.is_terminating() {
            let message = Some(message::deleting(pod));
            let decided = Entry { message, ..empty(key) };
            comparisons.extend(self.asked.compare(&mut self.cluster, key, &decided.outcome())?);
            return Ok(decided);
        }
        let evaluation = self.evaluate(key)?;
        let mut decided = self.entry(key, pod, &evaluation);
        let mut post_filter = None;
        if decided.bound.is_none() && evaluation.pre_enqueue.is_none() {
            let (namespace, name) = split(key);
            let scheduler = self.asked.scheduler();
            let outcome =
                scheduler.post_filter(&mut self.cluster, &namespace, &name, &evaluation)?;
            let nodes = self.cluster.nodes().len();
            decided.message = Some(message::unschedulable(&evaluation, nodes, &outcome.text));
            decided.preemption = preemption_entry(&outcome);
            post_filter = Some(outcome);
        }
        comparisons.extend(self.asked.compare(&mut self.cluster, key, &decided.outcome())?);
        if let Some(outcome) = post_filter {
            self.preempt(key, recorded, &outcome, &mut decided)?;
        }
        if let Some(node) = &recorded.bound {
            self.reserve(key, node, &mut decided)?;
            self.cluster.apply(bind(key, node, start))?;
        }
        Ok(decided)
    }

    fn evaluate(&mut self, key: &str) -> Result<Evaluation> {
        let (namespace, name) = split(key);
        Ok(self.asked.scheduler().evaluate(&mut self.cluster, &namespace, &name)?)
    }

    /// Binds what the pod needs besides the node.
    fn reserve(&mut self, key: &str, node: &str, decided: &mut Entry) -> Result<()> {
        let snapshot = self.cluster.snapshot();
        let pod = pod(&self.cluster, key)?;
        let node = snapshot.node(node).context("the recorded node is not there")?;
        let context = Attempted { pod, snapshot: &snapshot, profile: &self.profile };
        let reserved = reserve(&context, node);
        decided.volumes = reserved.volumes;
        decided.claims = reserved.claims;
        for object in reserved.objects {
            self.cluster.apply(Change::Put(object))?;
        }
        Ok(())
    }

    /// What an attempt found, in the words of a recording.
    fn entry(&self, key: &str, pod: &Pod, evaluation: &Evaluation) -> Entry {
        let names: Vec<&str> = node_names(&self.cluster).collect();
        let verdicts = names.iter().zip(&evaluation.verdicts);
        let nodes = verdicts.map(|(name, verdict)| {
            ((*name).to_owned(), NodeEntry { filter: refusal_of_node(verdict, evaluation) })
        });
        let scores = evaluation.scores.iter().map(|row| {
            let parts = row.parts.iter().map(|(plugin, score)| (plugin.name().to_owned(), *score));
            let total = std::iter::once(("total".to_owned(), row.total));
            (names[row.node].to_owned(), parts.chain(total).collect())
        });
        let best: Vec<_> = if evaluation.nominated_fast_path {
            vec![pod.status.nominated_node_name.clone()]
        } else {
            evaluation.best().iter().map(|ix| names[*ix].to_owned()).collect()
        };
        Entry {
            pre_enqueue: evaluation.pre_enqueue.as_ref().map(refusal),
            pre_filter: evaluation.pre_filter.as_ref().map(refusal),
            nominated_fast_path: evaluation.nominated_fast_path,
            nodes: Some(nodes.collect()),
            scores: Some(scores.collect()),
            bound: best.first().cloned(),
            best: Some(best),
            error: evaluation.error.clone(),
            ..empty(key)
        }
    }

    /// Makes room as recorded, and tries the pod again on the node it is nominated to.
    fn preempt(
        &mut self,
        key: &str,
        recorded: &Entry,
        outcome: &PostFilter,
        decided: &mut Entry,
    ) -> Result<()> {
        let Some(made) = &recorded.preemption else {
            if outcome.nomination != Nomination::Keep {
                self.cluster.apply(nominate(key, None))?;
            }
            return Ok(());
        };
        for victim in &made.victims {
            let (namespace, name) = split(victim);
            self.cluster.apply(Change::Delete { kind: Kind::Pod, namespace, name })?;
        }
        self.clear_nominations(&made.nominated_node, pod(&self.cluster, key)?.priority())?;
        self.cluster.apply(nominate(key, Some(&made.nominated_node)))?;
        let again = self.evaluate(key)?;
        if !made.fits_after_eviction {
            self.cluster.apply(nominate(key, None))?;
        }
        if let Some(preemption) = &mut decided.preemption {
            preemption.fits_after_eviction = again.nominated_fast_path;
            decided.bound = again.nominated_fast_path.then(|| preemption.nominated_node.clone());
        }
        Ok(())
    }

    /// Takes their nomination to the node from pods of lower priority.
    fn clear_nominations(&mut self, node: &str, priority: i32) -> Result<()> {
        let nominated = self.cluster.snapshot().nominated;
        let lower = nominated
            .into_iter()
            .filter(|pod| pod.status.nominated_node_name == node && pod.priority() < priority);
        let changes: Vec<_> = lower.map(|pod| nominate(&pod.meta.key(), None)).collect();
        changes.into_iter().try_for_each(|change| Ok(self.cluster.apply(change)?))
    }
}

/// Names of the nodes in byte order.
pub(super) fn node_names(cluster: &Cluster) -> impl Iterator<Item = &str> {
    let nodes = cluster.nodes();
    nodes.by_rank.iter().map(|ix| &**nodes.name(*ix))
}

/// The pod of a `namespace/name`.
pub(super) fn pod<'c>(cluster: &'c Cluster, key: &str) -> Result<&'c Pod> {
    let (namespace, name) = split(key);
    cluster.pod(&namespace, &name).with_context(|| format!("there is no pod {key}"))
}

/// The change that binds a pod.
pub(super) fn bind(key: &str, node: &str, start: Timestamp) -> Change {
    let (namespace, name) = split(key);
    Change::Bind { namespace, name, node: node.to_owned(), start_time: Some(start) }
}

fn nominate(key: &str, node: Option<&str>) -> Change {
    let (namespace, name) = split(key);
    Change::Nominate { namespace, name, node: node.map(str::to_owned) }
}

pub(super) fn split(key: &str) -> (String, String) {
    let (namespace, name) = key.split_once('/').unwrap_or(("", key));
    (namespace.to_owned(), name.to_owned())
}

fn empty(key: &str) -> Entry {
    Entry {
        pod: key.to_owned(),
        nodes: Some(Default::default()),
        scores: Some(Default::default()),
        best: Some(Vec::new()),
        ..Entry::default()
    }
}

fn refusal_of_node(verdict: &Verdict, evaluation: &Evaluation) -> Option<Refusal> {
    match verdict {
        Verdict::Feasible | Verdict::NotExamined => None,
        Verdict::Rejected(rejection) => Some(refusal(rejection)),
        Verdict::Excluded => Some(Refusal {
            plugin: "PreFilterResult".to_owned(),
            code: Code::UnschedulableAndUnresolvable.name().to_owned(),
            reasons: vec![message::excluded_by(evaluation)],
        }),
    }
}

fn refusal(rejection: &Rejection) -> Refusal {
    let mut reasons: Vec<_> = rejection.reasons.iter().map(ToString::to_string).collect();
    reasons.sort();
    Refusal {
        plugin: rejection.plugin.name().to_owned(),
        code: rejection.code.name().to_owned(),
        reasons,
    }
}

fn preemption_entry(outcome: &PostFilter) -> Option<PreemptionEntry> {
    let candidate_of = |ix: &usize| &outcome.candidates[*ix];
    let chosen = outcome.ties.first().map(candidate_of)?;
    let candidates = outcome.candidates.iter().map(|candidate| CandidateEntry {
        node: candidate.node.clone(),
        victims: keys(&candidate.victims),
        num_pdb_violations: candidate.num_pdb_violations,
    });
    Some(PreemptionEntry {
        nominated_node: chosen.node.clone(),
        victims: keys(&chosen.victims),
        num_pdb_violations: chosen.num_pdb_violations,
        candidates: Some(candidates.collect()),
        candidate_count: Some(outcome.candidates.len()),
        ties: Some(outcome.ties.iter().map(|ix| candidate_of(ix).node.clone()).collect()),
        fits_after_eviction: false,
    })
}

fn keys(pods: &[(String, String)]) -> Vec<String> {
    pods.iter().map(|(namespace, name)| format!("{namespace}/{name}")).collect()
}
