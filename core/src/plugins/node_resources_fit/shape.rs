//! The shape of RequestedToCapacityRatio: a score as a function of the utilisation.

/// The piecewise linear function through the points of the shape, flat outside; divisions
/// truncate.
pub(super) fn score_at(shape: &[(i64, i64)], utilization: i128) -> i128 {
    let point = |(utilization, score): (i64, i64)| (i128::from(utilization), i128::from(score));
    let mut points = shape.iter().copied().map(point);
    let Some(mut before) = points.next() else { return 0 };
    if utilization <= before.0 {
        return before.1;
    }
    for after in points {
        if utilization <= after.0 {
            let rise = (after.1 - before.1) * (utilization - before.0);
            return before.1 + rise / (after.0 - before.0);
        }
        before = after;
    }
    before.1
}
