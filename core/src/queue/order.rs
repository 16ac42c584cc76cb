//! In which order pods are attempted.
//!
//! Source: PrioritySort (v1.35): higher priority first, then who has waited longer.

use crate::objects::Pod;
use std::cmp::Reverse;

/// The order of `pods`, which stand in the order of their arrival, as indices.
pub fn order<'a>(pods: impl IntoIterator<Item = &'a Pod>) -> Vec<usize> {
    let priorities: Vec<i32> = pods.into_iter().map(Pod::priority).collect();
    let mut order: Vec<usize> = (0..priorities.len()).collect();
    // The sort is stable.
    order.sort_by_key(|at| Reverse(priorities[*at]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::PodSpec;
    use std::sync::Arc;

    #[test]
    fn higher_priority_comes_first_and_equals_keep_their_order() {
        let pods: Vec<_> = [None, Some(5), Some(-1), Some(5), Some(0)]
            .map(|priority| Pod {
                spec: Arc::new(PodSpec { priority, ..PodSpec::default() }),
                ..Pod::default()
            })
            .into();
        assert_eq!(order(&pods), [1, 3, 0, 4, 2]);
    }
}
