//! Which of the nodes where removing pods helps is taken.
//!
//! Source: `pickOneNodeForPreemption` of `pkg/scheduler/framework/preemption/preemption.go` (v1.35).

use super::Candidate;
use super::victims::start_time;
use crate::base::time::Timestamp;
use crate::objects::Pod;
use std::cmp::Reverse;

/// What a candidate costs, criterion by criterion: the least is best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    num_pdb_violations: usize,
    highest_priority: i32,
    /// Every priority raised by 2³¹, so that more victims never cost less.
    sum_of_priorities: i64,
    victims: usize,
    /// The start of the longest running of the victims with the highest priority; late is good.
    earliest_start: Reverse<Timestamp>,
}

impl Cost {
    /// The cost of removing these pods, the most important first.
    pub fn new(victims: &[&Pod], num_pdb_violations: usize) -> Self {
        let highest_priority = victims.iter().map(|pod| pod.priority()).max().unwrap_or(i32::MIN);
        let most_important = victims.iter().filter(|pod| pod.priority() == highest_priority);
        let earliest = most_important.map(|pod| start_time(pod)).min();
        Self {
            num_pdb_violations,
            highest_priority,
            sum_of_priorities: victims
                .iter()
                .map(|pod| i64::from(pod.priority()) + (1 << 31))
                .sum(),
            victims: victims.len(),
            earliest_start: Reverse(earliest.unwrap_or(Timestamp(i64::MAX))),
        }
    }
}

/// Indices of the candidates that no criterion tells apart from the best one.
pub fn ties(candidates: &[Candidate]) -> Vec<usize> {
    let costs: Vec<_> =
        candidates.iter().map(|it| Cost::new(&it.victims, it.num_pdb_violations)).collect();
    let least = costs.iter().min();
    costs.iter().enumerate().filter(|(_, cost)| Some(*cost) == least).map(|(ix, _)| ix).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::PodSpec;
    use std::sync::Arc;

    /// A victim: its priority and when it started, in seconds.
    type Written = (i32, i64);

    fn pod((priority, start): &Written) -> Pod {
        let spec = Arc::new(PodSpec { priority: Some(*priority), ..PodSpec::default() });
        let mut pod = Pod { spec, ..Pod::default() };
        pod.status.start_time = Some(Timestamp::from_seconds(*start));
        pod
    }

    fn chosen(nodes: &[(usize, &[Written])]) -> Vec<usize> {
        let pods: Vec<Vec<Pod>> =
            nodes.iter().map(|(_, pods)| pods.iter().map(pod).collect()).collect();
        let candidates: Vec<_> = (pods.iter().zip(nodes).enumerate())
            .map(|(node, (pods, (num_pdb_violations, _)))| Candidate {
                node,
                victims: pods.iter().collect(),
                num_pdb_violations: *num_pdb_violations,
            })
            .collect();
        ties(&candidates)
    }

    #[test]
    fn each_criterion_decides_where_those_before_it_do_not() {
        // Fewest violations.
        assert_eq!(chosen(&[(1, &[(0, 0)]), (0, &[(9, 0), (9, 0)])]), [1]);
        // Lowest priority of the most important victim.
        assert_eq!(chosen(&[(0, &[(9, 0)]), (0, &[(5, 0), (5, 0)])]), [1]);
        // Smallest sum of priorities; a negative one still costs.
        assert_eq!(chosen(&[(0, &[(9, 0), (5, 0)]), (0, &[(9, 0), (4, 0)])]), [1]);
        assert_eq!(chosen(&[(0, &[(9, 0), (-5, 0)]), (0, &[(9, 0)])]), [1]);
        // Latest start of the most important victims; those of others do not matter.
        assert_eq!(chosen(&[(0, &[(9, 1)]), (0, &[(9, 2)])]), [1]);
        assert_eq!(chosen(&[(0, &[(9, 5), (9, 1)]), (0, &[(9, 2), (9, 2)])]), [1]);
        assert_eq!(chosen(&[(0, &[(9, 1), (4, 9)]), (0, &[(9, 2), (4, 0)])]), [1]);
        // Nothing.
        assert_eq!(chosen(&[(0, &[(9, 1)]), (0, &[(9, 1)]), (1, &[(9, 1)])]), [0, 1]);
        assert_eq!(chosen(&[]), [0; 0]);
    }
}
