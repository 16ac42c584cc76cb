//! NodeResourcesBalancedAllocation: the more alike the utilisations of a node's resources would be,
//! the better the node. Pods without requests are not scored.
//!
//! Argument: the resources looked at; their weights have no effect.
//!
//! Source: `pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go` (v1.35).

pub mod fast;
pub mod plain;

/// The standard deviation; the order of the operations decides the last digit.
#[inline]
fn deviation(fractions: &[f64]) -> f64 {
    match fractions {
        [] | [_] => 0.0,
        [first, second] => ((first - second) / 2.0).abs(),
        _ => {
            let count = fractions.len() as f64;
            let mean = fractions.iter().sum::<f64>() / count;
            let squares: f64 = fractions.iter().map(|f| (f - mean) * (f - mean)).sum();
            (squares / count).sqrt()
        }
    }
}
