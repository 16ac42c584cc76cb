//! Random decisions, fast against plain: the same cluster, the same pod, and every answer of the
//! scheduler compared.
//!
//! After every change both engines place a pod from the same state: node, score, volumes,
//! nomination, victims and message must be the same. On a sample the verdict and the parts of the
//! score of every node are compared too, with PostFilter's candidates, with what an engine says
//! that remembers nothing, and with the state that the decision leaves.

mod coverage;

pub use coverage::Coverage;

use crate::random::{Generator, Step};
use bayplan::Ties;
use bayplan::cycle::decision::Decision;
use bayplan::cycle::evaluation::Evaluation;
use bayplan::objects::{Kind, Pod};
use bayplan::scheduler::{Engine, ScheduleError, Scheduler};
use bayplan::state::change::Change;
use bayplan::state::hash::StateHash;
use bayplan::state::{Cluster, Savepoint};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many steps a sequence has where nobody says otherwise.
pub const STEPS: usize = 60;

/// How many decisions in a hundred are evaluated in full.
const EVALUATED: usize = 20;

/// Of how many decisions one is compared with its state, before and after: hashes are slow.
const HASHED_ONE_IN: usize = 200;

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
            "seed {seed}, step {step}: {what}\nreplay: cargo run --release -p bayplan-tests --bin \
             differential -- --seed {seed} --decisions 1 --steps {}",
            step + 1
        )
    }
}

/// Takes so many steps of the sequence of a seed; what was decided on the way.
///
/// # Errors
/// The first difference; a panic is one.
pub fn run(seed: u64, steps: usize) -> Result<Coverage, Difference> {
    let mut taken = 0;
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut sequence = Sequence::new(seed);
        while taken < steps {
            sequence.take_step()?;
            taken += 1;
        }
        sequence.go_back()?;
        Ok(sequence.coverage)
    }));
    let outcome = result.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("panic: {}", text.unwrap_or("without a text")))
    });
    outcome.map_err(|what| Difference { seed, step: taken, what })
}

/// A sequence of changes and decisions.
struct Sequence {
    generator: Generator,
    cluster: Cluster,
    fast: Scheduler,
    plain: Scheduler,
    ties: Ties,
    /// The hash of the state is taken now and then, and compared on the way back.
    savepoints: Vec<(Savepoint, Option<StateHash>)>,
    coverage: Coverage,
}

impl Sequence {
    fn new(seed: u64) -> Self {
        let mut generator = Generator::new(seed);
        let profiles = generator.profiles();
        let cluster = generator.cluster();
        let ties = if generator.chance(25) { Ties::Seeded(seed) } else { Ties::First };
        let fast = Scheduler::with_profiles(profiles).with_ties(ties);
        let plain = fast.clone().with_engine(Engine::Plain);
        let mut coverage = Coverage::default();
        coverage.count_cluster(&cluster);
        Self { generator, cluster, fast, plain, ties, savepoints: Vec::new(), coverage }
    }

    /// Changes something, then asks about a pod.
    fn take_step(&mut self) -> Result<(), String> {
        match self.generator.step(&self.cluster, self.savepoints.len()) {
            Step::Change(change) => {
                self.coverage.count_change(&change);
                // A refused change changes nothing, which the next decision shows.
                let _refused = self.cluster.apply(*change);
            }
            Step::Load(objects) => {
                self.coverage.count("bulk load");
                let _refused = self.cluster.load(objects);
            }
            Step::Savepoint => {
                let hash = self.generator.chance(3).then(|| self.cluster.state_hash());
                self.savepoints.push((self.cluster.savepoint(), hash));
            }
            Step::Rollback => self.roll_back()?,
            Step::Commit => {
                if let Some((savepoint, _)) = self.savepoints.pop() {
                    self.coverage.count("commit");
                    self.cluster.commit(savepoint);
                }
            }
            Step::SchedulePending => return self.schedule_pending(),
        }
        self.decide()
    }

    fn roll_back(&mut self) -> Result<(), String> {
        let Some((savepoint, before)) = self.savepoints.pop() else { return Ok(()) };
        self.coverage.count("rollback");
        self.cluster.rollback(savepoint);
        if before.is_some_and(|before| before != self.cluster.state_hash()) {
            return Err("rolling back leaves traces".to_owned());
        }
        Ok(())
    }

    /// Rolls back whatever can be.
    fn go_back(&mut self) -> Result<(), String> {
        while !self.savepoints.is_empty() {
            self.roll_back()?;
        }
        Ok(())
    }

    /// Asks both engines about a pending pod, if there is one.
    fn decide(&mut self) -> Result<(), String> {
        let Some(pod) = self.generator.pending_pod(&self.cluster) else { return Ok(()) };
        let evaluation =
            if self.generator.chance(EVALUATED) { Some(self.evaluate(&pod)?) } else { None };
        let decision = self.schedule(&pod)?;
        self.coverage.count_decision(&pod, &decision);
        match (&decision, evaluation) {
            (Ok(Decision::Bound { node, .. }), Some(evaluation)) => {
                self.is_best(&pod, &evaluation, node)
            }
            (Ok(Decision::Nominated { victims, .. }), _) => {
                self.evict(victims);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn evaluate(&mut self, pod: &Pod) -> Result<Evaluation, String> {
        let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
        let plain = self.plain.evaluate(&mut self.cluster, namespace, name);
        let fast = self.fast.evaluate(&mut self.cluster, namespace, name);
        same("evaluation", pod, &plain, &fast)?;
        self.coverage.count("full evaluation");
        if self.generator.chance(20) {
            let mut anew = self.plain.clone().with_engine(Engine::Fast);
            let fast = anew.evaluate(&mut self.cluster, namespace, name);
            same("evaluation with nothing remembered", pod, &plain, &fast)?;
        }
        let Ok(evaluation) = plain else { return Ok(Evaluation::default()) };
        if evaluation.pre_enqueue.is_none() && evaluation.scores.is_empty() {
            let plain = self.plain.post_filter(&mut self.cluster, namespace, name, &evaluation);
            let fast = self.fast.post_filter(&mut self.cluster, namespace, name, &evaluation);
            same("PostFilter", pod, &plain, &fast)?;
        }
        Ok(evaluation)
    }

    /// Schedules twice from the same state; mostly goes on with the outcome.
    fn schedule(&mut self, pod: &Pod) -> Result<Result<Decision, ScheduleError>, String> {
        let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
        let hashed = self.generator.below(HASHED_ONE_IN) == 0;
        let before = hashed.then(|| self.cluster.state_hash());
        let savepoint = self.cluster.savepoint();
        let fast = self.fast.schedule(&mut self.cluster, namespace, name);
        let after_fast = hashed.then(|| self.cluster.state_hash());
        self.cluster.rollback(savepoint);
        if before.is_some_and(|before| before != self.cluster.state_hash()) {
            return Err(format!(
                "rolling back the placing of pod {} leaves traces",
                pod.meta.key()
            ));
        }
        if hashed && !self.cluster.is_counted_right() {
            return Err("the sums are not those of counting anew".to_owned());
        }
        let savepoint = self.cluster.savepoint();
        let plain = self.plain.schedule(&mut self.cluster, namespace, name);
        let after_plain = hashed.then(|| self.cluster.state_hash());
        if self.generator.chance(60) {
            self.cluster.commit(savepoint);
        } else {
            self.cluster.rollback(savepoint);
        }
        same("decision", pod, &plain, &fast)?;
        same("state after the decision", pod, &after_plain, &after_fast)?;
        Ok(plain)
    }

    /// Places all pods that wait, twice from the same state; goes on with the outcome.
    fn schedule_pending(&mut self) -> Result<(), String> {
        self.coverage.count("schedule_pending");
        let savepoint = self.cluster.savepoint();
        let fast = self.fast.schedule_pending(&mut self.cluster);
        self.cluster.rollback(savepoint);
        let savepoint = self.cluster.savepoint();
        let plain = self.plain.schedule_pending(&mut self.cluster);
        self.cluster.commit(savepoint);
        if let (Ok(plain), Ok(fast)) = (&plain, &fast) {
            for (plain, fast) in plain.iter().zip(fast) {
                same_text("decision on all pods", &plain, &fast)?;
            }
            self.coverage.decisions += plain.len() as u64;
        }
        same_text("decisions on all pods", &plain, &fast)
    }

    /// Mostly makes the room that was found, as whoever drives a scheduler does.
    fn evict(&mut self, victims: &[(String, String)]) {
        if !self.generator.chance(60) {
            return;
        }
        for (namespace, name) in victims.iter().cloned() {
            // Where the decision was taken back the pods are there all the same.
            let _gone = self.cluster.apply(Change::Delete { kind: Kind::Pod, namespace, name });
        }
    }

    /// The node of a decision is the first of the best nodes, or one of them.
    fn is_best(&self, pod: &Pod, evaluation: &Evaluation, node: &str) -> Result<(), String> {
        let best = evaluation.best();
        let Some(first) = best.first() else { return Ok(()) };
        let nodes = self.cluster.nodes();
        let name = |rank: &usize| &**nodes.name(nodes.by_rank[*rank]);
        let is_best = match self.ties {
            Ties::First => name(first) == node,
            Ties::Seeded(_) => best.iter().any(|rank| name(rank) == node),
        };
        if is_best {
            return Ok(());
        }
        Err(format!("pod {}: bound to {node}, the best node is {}", pod.meta.key(), name(first)))
    }
}

fn same<T: PartialEq + fmt::Debug>(
    what: &str,
    pod: &Pod,
    plain: &T,
    fast: &T,
) -> Result<(), String> {
    same_text(what, plain, fast).map_err(|text| format!("{text}\npod {}: {pod:?}", pod.meta.key()))
}

fn same_text<T: PartialEq + fmt::Debug>(what: &str, plain: &T, fast: &T) -> Result<(), String> {
    if plain == fast {
        return Ok(());
    }
    let (plain, fast) = (format!("{plain:?}"), format!("{fast:?}"));
    let (plain, fast) = around_first_difference(&plain, &fast);
    Err(format!("{what}\nplain: {plain}\nfast:  {fast}"))
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
