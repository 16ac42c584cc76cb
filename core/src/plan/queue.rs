//! The queue of a placement: who is asked when, and what came of it.

use super::driver::{Attempt, Driver};
use super::place::PlaceError;
use super::placement::{PodName, PodPlacement, PodState, VolumePlacement};
use crate::controllers::ExpandedPod;
use crate::objects::Pod;
use crate::profile::Profile;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// All pods of a placement in the order in which they are asked about.
pub(super) struct Queue {
    entries: Vec<Entry>,
    by_name: BTreeMap<PodName, usize>,
    /// Pods that ran before and had to make room.
    evicted: Vec<PodPlacement>,
    volumes: Vec<VolumePlacement>,
}

/// A pod of the queue.
struct Entry {
    name: PodName,
    owner: Option<String>,
    /// The scheduler that the pod asks for, if it has no profile here.
    foreign_scheduler: Option<String>,
    /// The entry that must have a node before this pod is created.
    after: Option<usize>,
    /// What is added to the cluster when the pod is created.
    to_create: Option<ExpandedPod>,
    outcome: Outcome,
}

/// What is known about a pod of the queue.
enum Outcome {
    NotAsked,
    Placed { node: String, score: Option<i64> },
    Pending { message: String },
    Gated { message: String },
    NotOurs { message: String },
    Preempted { message: String },
}

impl Queue {
    /// The queue of these pods, nobody asked yet: by priority, then in the order that is given.
    pub(super) fn new(pods: Vec<ExpandedPod>, profiles: &[Profile]) -> Self {
        let mut ranked: Vec<_> = pods.into_iter().enumerate().collect();
        ranked.sort_by_key(|(input, expanded)| (Reverse(expanded.pod.priority()), *input));
        let mut position = vec![0; ranked.len()];
        for (at, (input, _)) in ranked.iter().enumerate() {
            position[*input] = at;
        }
        let ours = |name: &String| profiles.iter().any(|p| p.scheduler_name == *name);
        let entry = |(_, expanded): (usize, ExpandedPod)| Entry {
            name: PodName::of(&expanded.pod),
            owner: expanded.owner.as_deref().map(str::to_owned),
            foreign_scheduler: expanded.pod.spec.scheduler_name.clone().filter(|name| !ours(name)),
            after: expanded.after.and_then(|input| position.get(input).copied()),
            to_create: Some(expanded),
            outcome: Outcome::NotAsked,
        };
        let entries: Vec<_> = ranked.into_iter().map(entry).collect();
        let names = entries.iter().enumerate().map(|(at, entry)| (entry.name.clone(), at));
        let by_name = names.collect();
        Self { entries, by_name, evicted: Vec::new(), volumes: Vec::new() }
    }

    /// Goes through the queue until a whole round moves nothing.
    pub(super) fn run<D: Driver>(
        &mut self,
        driver: &mut D,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<(), PlaceError> {
        let total = self.entries.len();
        let mut followers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut due = BTreeSet::new();
        for (at, entry) in self.entries.iter().enumerate() {
            match entry.after {
                Some(after) => followers.entry(after).or_default().push(at),
                None => _ = due.insert(at),
            }
        }
        let mut asked = 0;
        while !due.is_empty() {
            let mut unplaced = Vec::new();
            while let Some(at) = due.pop_first() {
                asked += usize::from(self.entries[at].to_create.is_some());
                self.ask(at, driver)?;
                match self.entries[at].outcome {
                    Outcome::Placed { .. } => due.extend(followers.remove(&at).unwrap_or_default()),
                    _ => unplaced.push(at),
                }
                progress(asked, total);
            }
            let again = |at: &usize| {
                let entry = &self.entries[*at];
                let is_pending = matches!(entry.outcome, Outcome::Pending { .. });
                is_pending && driver.may_fare_better(&entry.name)
            };
            due.extend(unplaced.into_iter().filter(again));
        }
        Ok(())
    }

    fn ask<D: Driver>(&mut self, at: usize, driver: &mut D) -> Result<(), PlaceError> {
        let outcome = match self.entries[at].to_create.take() {
            Some(expanded) => self.create(at, expanded, driver)?,
            None => None,
        };
        self.entries[at].outcome = match outcome {
            Some(outcome) => outcome,
            None => self.attempt(at, driver)?,
        };
        Ok(())
    }

    /// Adds the pod; gives the outcome where nobody has to be asked.
    fn create<D: Driver>(
        &mut self,
        at: usize,
        expanded: ExpandedPod,
        driver: &mut D,
    ) -> Result<Option<Outcome>, PlaceError> {
        let node = expanded.pod.node_name.as_deref().map(str::to_owned);
        driver.add_pod(expanded.pod, expanded.claims)?;
        if let Some(node) = node {
            return Ok(Some(Outcome::Placed { node, score: None }));
        }
        let foreign = self.entries[at].foreign_scheduler.as_ref();
        Ok(foreign.map(|name| Outcome::NotOurs {
            message: format!("waits for scheduler \"{name}\", which has no profile here"),
        }))
    }

    fn attempt<D: Driver>(&mut self, at: usize, driver: &mut D) -> Result<Outcome, PlaceError> {
        loop {
            match driver.schedule(&self.entries[at].name)? {
                Attempt::Bound { node, score, volumes } => {
                    self.volumes.extend(volumes);
                    return Ok(Outcome::Placed { node, score });
                }
                Attempt::Pending { message } => return Ok(Outcome::Pending { message }),
                Attempt::Gated { message } => return Ok(Outcome::Gated { message }),
                Attempt::Preempted { victims } => {
                    if victims.is_empty() {
                        let name = &self.entries[at].name;
                        return Err(PlaceError::new(format!("{name} preempts nobody")));
                    }
                    self.evict(at, &victims);
                }
            }
        }
    }

    /// Notes that these pods made room for the pod at this place of the queue.
    fn evict(&mut self, at: usize, victims: &[Pod]) {
        let message = format!("preempted by {}", self.entries[at].name);
        for victim in victims {
            let name = PodName::of(victim);
            let message = message.clone();
            match self.by_name.get(&name) {
                Some(victim) => self.entries[*victim].outcome = Outcome::Preempted { message },
                None => self.evicted.push(PodPlacement {
                    owner: victim
                        .meta
                        .controller()
                        .map(|owner| format!("{}/{}/{}", owner.kind, name.namespace, owner.name)),
                    namespace: name.namespace,
                    name: name.name,
                    state: PodState::Preempted,
                    node: None,
                    score: None,
                    message: Some(message),
                }),
            }
        }
    }

    /// What became of every pod, and the claims bound on the way.
    pub(super) fn into_results(self) -> (Vec<PodPlacement>, Vec<VolumePlacement>) {
        let names: Vec<_> = self.entries.iter().map(|entry| entry.name.clone()).collect();
        let results = self.entries.into_iter().map(|entry| {
            let waits_for = entry.after.map(|after| names[after].to_string());
            let (state, node, score, message) = match entry.outcome {
                Outcome::Placed { node, score } => (PodState::Placed, Some(node), score, None),
                Outcome::Pending { message } | Outcome::NotOurs { message } => {
                    (PodState::Pending, None, None, Some(message))
                }
                Outcome::Gated { message } => (PodState::Gated, None, None, Some(message)),
                Outcome::Preempted { message } => (PodState::Preempted, None, None, Some(message)),
                Outcome::NotAsked => {
                    let other = waits_for.unwrap_or_default();
                    let message = format!("not created before {other} is ready");
                    (PodState::NotCreated, None, None, Some(message))
                }
            };
            let PodName { namespace, name } = entry.name;
            PodPlacement { namespace, name, owner: entry.owner, state, node, score, message }
        });
        (results.chain(self.evicted).collect(), self.volumes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::storage::PersistentVolumeClaim;
    use crate::plan::placement::NodeUse;
    use std::sync::Arc;

    /// One node with room for a number of pods, which refuses `picky` until `friend` is there and
    /// lets `urgent` take the place of another.
    #[derive(Default)]
    struct Host {
        room: usize,
        pods: BTreeMap<PodName, Pod>,
        bound: Vec<String>,
        /// Refused pods, with what was bound then.
        refused: BTreeMap<PodName, Vec<String>>,
    }

    impl Host {
        fn refuse(&mut self, pod: &PodName, message: &str) -> Attempt {
            self.refused.insert(pod.clone(), self.bound.clone());
            Attempt::Pending { message: message.to_owned() }
        }
    }

    impl Driver for Host {
        fn add_pod(&mut self, pod: Pod, _: Vec<PersistentVolumeClaim>) -> Result<(), PlaceError> {
            self.pods.insert(PodName::of(&pod), pod);
            Ok(())
        }

        fn schedule(&mut self, pod: &PodName) -> Result<Attempt, PlaceError> {
            let friendless = !self.bound.iter().any(|name| name == "friend");
            if pod.name == "picky" && friendless {
                return Ok(self.refuse(pod, "no friend"));
            }
            if self.bound.len() < self.room {
                self.bound.push(pod.name.clone());
                let node = "n1".to_owned();
                return Ok(Attempt::Bound { node, score: Some(7), volumes: Vec::new() });
            }
            if pod.name == "urgent" {
                let victim = self.bound.pop().expect("the node is full");
                let key = PodName { namespace: "default".to_owned(), name: victim };
                return Ok(Attempt::Preempted { victims: vec![self.pods[&key].clone()] });
            }
            Ok(self.refuse(pod, "no room"))
        }

        fn may_fare_better(&self, pod: &PodName) -> bool {
            self.refused.get(pod) != Some(&self.bound)
        }

        fn nodes(&self) -> Vec<NodeUse> {
            Vec::new()
        }
    }

    fn pod(name: &str, priority: i32, after: Option<usize>) -> ExpandedPod {
        let mut pod = Pod::default();
        pod.meta.name = name.to_owned();
        pod.meta.namespace = "default".to_owned();
        Arc::make_mut(&mut pod.spec).priority = Some(priority);
        ExpandedPod { pod, owner: None, after, claims: Vec::new() }
    }

    fn check(room: usize, pods: Vec<ExpandedPod>, expected: &[&str]) {
        let mut host = Host { room, ..Host::default() };
        let mut queue = Queue::new(pods, &[Profile::default()]);
        queue.run(&mut host, &mut |_, _| {}).expect("the host never fails");
        let line = |pod: &PodPlacement| {
            let what = pod.node.as_deref().or(pod.message.as_deref()).unwrap_or_default();
            format!("{} {what}", pod.name)
        };
        let lines: Vec<_> = queue.into_results().0.iter().map(line).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn higher_priority_comes_first_then_the_order_of_the_input() {
        let pods = vec![pod("b", 0, None), pod("a", 0, None), pod("c", 9, None)];
        check(2, pods, &["c n1", "b n1", "a no room"]);
    }

    #[test]
    fn a_pod_is_tried_again_when_others_have_moved() {
        let pods = vec![pod("picky", 9, None), pod("friend", 0, None)];
        check(2, pods, &["picky n1", "friend n1"]);
    }

    #[test]
    fn a_pod_that_nothing_helps_is_not_tried_for_ever() {
        check(2, vec![pod("picky", 9, None), pod("a", 0, None)], &["picky no friend", "a n1"]);
    }

    #[test]
    fn a_pod_is_created_when_the_one_before_it_runs() {
        let pods = || vec![pod("db-0", 0, None), pod("db-1", 0, Some(0)), pod("db-2", 0, Some(1))];
        check(3, pods(), &["db-0 n1", "db-1 n1", "db-2 n1"]);
        check(
            1,
            pods(),
            &["db-0 n1", "db-1 no room", "db-2 not created before default/db-1 is ready"],
        );
    }

    #[test]
    fn whoever_makes_room_is_reported_with_the_pod_it_left_for() {
        let mut late = pod("a", 0, None);
        Arc::make_mut(&mut late.pod.spec).priority = Some(10);
        check(
            1,
            vec![late, pod("urgent", 9, None)],
            &["a preempted by default/urgent", "urgent n1"],
        );
    }

    #[test]
    fn a_pod_for_another_scheduler_is_left_to_it() {
        let mut foreign = pod("a", 0, None);
        Arc::make_mut(&mut foreign.pod.spec).scheduler_name = Some("batch".to_owned());
        check(1, vec![foreign], &["a waits for scheduler \"batch\", which has no profile here"]);
    }
}
