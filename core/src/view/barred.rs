//! Which rules about pods nearby bar the nodes that pass everything else, counted for a class that
//! fails again and again.
//!
//! Two such nodes of one zone get the same verdict where the same rule about single nodes is the first
//! that refuses them. So it is known of every node which rule that is, until the node is touched or the
//! rules say something else, and what is said in the end is found out on one node of a kind.

use super::examiner::Examiner;
use super::relations::Relations;
use crate::base::bits::Bits;
use crate::base::index::Ix;
use crate::base::map::Map;
use crate::column::{DomainRule, Score};
use crate::cycle::evaluation::Verdict;
use crate::state::Cluster;
use crate::state::counters::Tally;
use crate::state::ix::NodeIx;
use crate::state::log::{Epoch, Sequence};

/// The nodes that pass everything else, by the first rule that refuses them.
#[derive(Clone, Debug, Default)]
pub struct Barred {
    /// The place of that rule, one behind the last where none refuses the node; [`ELSEWHERE`] where
    /// something else does.
    by: Vec<u8>,
    /// How many nodes of a zone there are of each kind, and one of them.
    kinds: Map<(usize, u8), (usize, NodeIx)>,
    rules: Vec<Said>,
    seen: Option<(Epoch, Sequence)>,
}

/// A rule about single nodes: what it counts, and how many a node may have.
type Said = (Tally, [i32; 2]);

/// A node that does not pass everything else.
const ELSEWHERE: u8 = u8::MAX;

impl Barred {
    /// What rules about pods nearby say of the nodes that pass everything else, and of how many.
    pub fn verdicts<S: Score>(
        &mut self,
        examiner: &Examiner<'_, S>,
        cluster: &Cluster,
        passing: &Bits,
    ) -> Vec<(Verdict, usize)> {
        let mut numbers: Map<Verdict, usize> = Map::default();
        let mut add = |verdict, number| *numbers.entry(verdict).or_default() += number;
        let rules = examiner.rules(cluster);
        match rules.filter(|it| it.of_nodes.len() < usize::from(ELSEWHERE)) {
            Some(relations) => {
                self.update(examiner, cluster, passing, &relations);
                // Zones that the same rule refuses for the same reason are alike too.
                let mut alike: Map<_, (usize, NodeIx)> = Map::default();
                for ((zone, by), (number, node)) in &self.kinds {
                    let of_zone = relations.first_refusing_zone(*zone);
                    alike.entry((of_zone, *by)).or_insert((0, *node)).0 += number;
                }
                let alike = alike.into_values();
                alike.for_each(|(number, node)| add(examiner.verdict(cluster, node), number));
            }
            None => {
                let nodes = passing.iter().map(NodeIx::new);
                nodes.for_each(|node| add(examiner.verdict(cluster, node), 1));
            }
        }
        numbers.into_iter().collect()
    }

    fn update<S: Score>(
        &mut self,
        examiner: &Examiner<'_, S>,
        cluster: &Cluster,
        passing: &Bits,
        relations: &Relations<'_>,
    ) {
        let said = |rule: &DomainRule<'_>| (rule.tally, [rule.least, rule.most]);
        let rules: Vec<Said> = relations.of_nodes.iter().map(said).collect();
        let (log, count) = (cluster.log(), cluster.nodes().len());
        let seen = self.seen.replace((log.epoch().clone(), log.now()));
        let seen = seen.filter(|(epoch, _)| epoch == log.epoch() && rules == self.rules);
        let of = |node: NodeIx| match passing.contains(node.at()) {
            true => relations.first_refusing(node) as u8,
            false => ELSEWHERE,
        };
        match seen.and_then(|(_, then)| log.since(then, count)) {
            Some(touched) => {
                for node in touched {
                    let new = of(*node);
                    let old = std::mem::replace(&mut self.by[node.at()], new);
                    if new != old {
                        self.leave(examiner, *node, old);
                        self.join(examiner, *node, new);
                    }
                }
            }
            None => {
                self.rules = rules;
                self.kinds.clear();
                self.by.clear();
                self.by.extend((0..count).map(NodeIx::new).map(of));
                for node in passing.iter() {
                    self.join(examiner, NodeIx::new(node), self.by[node]);
                }
            }
        }
    }

    fn join<S: Score>(&mut self, examiner: &Examiner<'_, S>, node: NodeIx, by: u8) {
        if by != ELSEWHERE {
            let zone = examiner.zone_of(node);
            self.kinds.entry((zone, by)).or_insert((0, node)).0 += 1;
        }
    }

    fn leave<S: Score>(&mut self, examiner: &Examiner<'_, S>, node: NodeIx, by: u8) {
        let zone = examiner.zone_of(node);
        let Some((number, known)) = self.kinds.get_mut(&(zone, by)) else { return };
        *number -= 1;
        if *number == 0 {
            self.kinds.remove(&(zone, by));
        } else if *known == node {
            // Often it is one of the next, for nodes fill up in order of their names.
            let nodes = examiner.nodes_of_zone(zone);
            let mut others = (node.at()..nodes.end).chain(nodes.start..node.at());
            *known = others.find(|other| self.by[*other] == by).map_or(node, NodeIx::new);
        }
    }
}
