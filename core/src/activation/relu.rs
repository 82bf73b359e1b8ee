//! f(a) = max(a, 0). By comparisons rather than `f32::max`: one instruction each, and −0 never appears.

#[inline(always)]
pub(super) fn project(a: f32) -> f32 {
    if a > 0.0 { a } else { 0.0 }
}

/// a > 0: max(e, −a); else max(a + e, 0).
#[inline(always)]
pub(super) fn difference(a: f32, e: f32) -> f32 {
    let (rest, floor) = if a > 0.0 { (0.0, -a) } else { (a, 0.0) };
    let difference = rest + e;
    if difference > floor { difference } else { floor }
}

#[inline(always)]
pub(super) fn is_inside(z: f32) -> bool {
    z > 0.0
}
