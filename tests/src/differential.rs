//! Random decisions, fast against plain: the same cluster, the same pod, and every answer of the
//! scheduler compared.

use crate::random::{Generator, Step};
use bayplan::cycle::decision::Decision;
use bayplan::cycle::evaluation::Evaluation;
use bayplan::objects::Pod;
use bayplan::scheduler::{Engine, Scheduler};
use bayplan::state::{Cluster, Savepoint};
use std::fmt;

/// How many steps a sequence has where nobody says otherwise.
pub const STEPS: usize = 60;

/// The first answer of a sequence that differs.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Seed of the sequence.
    pub seed: u64,
    /// How many steps had been taken.
    pub step: usize,
    /// The question, and both answers.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, step, what } = self;
        write!(
            f,
            "{what}\nreplay: cargo run --release -p bayplan-tests --bin differential -- \
             --seed {seed} --decisions 1 --steps {}",
            step + 1
        )
    }
}

/// A sequence of changes and decisions.
struct Sequence {
    generator: Generator,
    cluster: Cluster,
    fast: Scheduler,
    plain: Scheduler,
    savepoints: Vec<Savepoint>,
}

/// Takes so many steps of the sequence of a seed; how many decisions were compared.
///
/// # Errors
/// The first difference.
pub fn run(seed: u64, steps: usize) -> Result<usize, Difference> {
    let mut sequence = Sequence::new(seed);
    let mut decisions = 0;
    for step in 0..steps {
        sequence.advance();
        let compared = sequence.decide().map_err(|what| Difference { seed, step, what })?;
        decisions += usize::from(compared);
    }
    Ok(decisions)
}

impl Sequence {
    fn new(seed: u64) -> Self {
        let mut generator = Generator::new(seed);
        let profiles = generator.profiles();
        let cluster = generator.cluster();
        let fast = Scheduler::with_profiles(profiles);
        let plain = fast.clone().with_engine(Engine::Plain);
        Self { generator, cluster, fast, plain, savepoints: Vec::new() }
    }

    /// Changes the cluster.
    fn advance(&mut self) {
        let step = self.generator.step(&self.cluster, self.savepoints.len());
        match step {
            Step::Change(change) => {
                // A refused change changes nothing, which the next decision shows.
                let _refused = self.cluster.apply(change);
            }
            Step::Savepoint => self.savepoints.push(self.cluster.savepoint()),
            Step::Rollback => {
                if let Some(savepoint) = self.savepoints.pop() {
                    self.cluster.rollback(savepoint);
                }
            }
            Step::Commit => {
                if let Some(savepoint) = self.savepoints.pop() {
                    self.cluster.commit(savepoint);
                }
            }
        }
    }

    /// Asks both engines about a pending pod, if there is one.
    fn decide(&mut self) -> Result<bool, String> {
        let Some(pod) = self.generator.pending_pod(&self.cluster) else { return Ok(false) };
        let evaluation = self.evaluate(&pod)?;
        let decision = self.schedule(&pod)?;
        if let Decision::Bound { node, .. } = &decision {
            self.is_best(&pod, &evaluation, node)?;
        }
        Ok(true)
    }

    fn evaluate(&mut self, pod: &Pod) -> Result<Evaluation, String> {
        let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
        let plain = self.plain.evaluate(&mut self.cluster, namespace, name);
        let fast = self.fast.evaluate(&mut self.cluster, namespace, name);
        same("evaluation", pod, &plain, &fast)?;
        if self.generator.chance(5) {
            let mut anew = self.plain.clone().with_engine(Engine::Fast);
            let fast = anew.evaluate(&mut self.cluster, namespace, name);
            same("evaluation with nothing remembered", pod, &plain, &fast)?;
        }
        let evaluation = plain.map_err(|error| error.to_string())?;
        if evaluation.pre_enqueue.is_none() && evaluation.scores.is_empty() {
            let plain = self.plain.post_filter(&mut self.cluster, namespace, name, &evaluation);
            let fast = self.fast.post_filter(&mut self.cluster, namespace, name, &evaluation);
            same("PostFilter", pod, &plain, &fast)?;
        }
        Ok(evaluation)
    }

    /// Schedules twice from the same state; mostly goes on with the outcome.
    fn schedule(&mut self, pod: &Pod) -> Result<Decision, String> {
        let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
        let before = self.generator.chance(2).then(|| self.cluster.state_hash());
        let savepoint = self.cluster.savepoint();
        let fast = self.fast.schedule(&mut self.cluster, namespace, name);
        self.cluster.rollback(savepoint);
        if before.is_some_and(|before| before != self.cluster.state_hash()) {
            return Err(format!(
                "rolling back the binding of pod {} leaves traces",
                pod.meta.key()
            ));
        }
        if before.is_some() && !self.cluster.is_counted_right() {
            return Err("the sums are not those of counting anew".to_owned());
        }
        let savepoint = self.cluster.savepoint();
        let plain = self.plain.schedule(&mut self.cluster, namespace, name);
        if self.generator.chance(60) {
            self.cluster.commit(savepoint);
        } else {
            self.cluster.rollback(savepoint);
        }
        same("decision", pod, &plain, &fast)?;
        plain.map_err(|error| error.to_string())
    }

    /// The node of a decision is the first of the best nodes.
    fn is_best(&self, pod: &Pod, evaluation: &Evaluation, node: &str) -> Result<(), String> {
        let Some(best) = evaluation.best().first().copied() else { return Ok(()) };
        let nodes = self.cluster.nodes();
        let name = nodes.name(nodes.by_rank[best]);
        if **name == *node {
            return Ok(());
        }
        Err(format!("pod {}: bound to {node}, the best node is {name}", pod.meta.key()))
    }
}

fn same<T: PartialEq + fmt::Debug>(
    what: &str,
    pod: &Pod,
    plain: &T,
    fast: &T,
) -> Result<(), String> {
    if plain == fast {
        return Ok(());
    }
    let (plain, fast) = (format!("{plain:?}"), format!("{fast:?}"));
    let (plain, fast) = around_first_difference(&plain, &fast);
    Err(format!("{what} of pod {}\nplain: {plain}\nfast:  {fast}\npod: {pod:?}", pod.meta.key()))
}

/// What stands in both texts where they begin to differ.
fn around_first_difference<'t>(a: &'t str, b: &'t str) -> (&'t str, &'t str) {
    const CONTEXT: usize = 300;
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let cut = |text: &'t str| {
        let end = text.len().min(same + CONTEXT);
        text.get(same.saturating_sub(CONTEXT)..end).unwrap_or(text)
    };
    (cut(a), cut(b))
}
