//! f(a) = min(max(a, low), high), with low ≤ high.

#[inline(always)]
pub(super) fn project(a: f32, low: f32, high: f32) -> f32 {
    if a < low {
        low
    } else if a > high {
        high
    } else {
        a
    }
}

#[inline(always)]
pub(super) fn difference(a: f32, e: f32, low: f32, high: f32) -> f32 {
    let f = project(a, low, high);
    // (a − f) is 0 inside [low, high]; outside it is what e must overcome before f moves.
    project((a - f) + e, low - f, high - f)
}

#[inline(always)]
pub(super) fn is_inside(z: f32, low: f32, high: f32) -> bool {
    low < z && z < high
}
