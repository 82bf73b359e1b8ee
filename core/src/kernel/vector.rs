//! Loops compiled once more for wider vector units, where the standard library can tell whether the
//! processor has them (feature `std`). Nothing is fused and no sum is reordered: the same bits.

/// `work`, for the widest vector units at hand.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[allow(unsafe_code)]
#[inline(always)]
pub(crate) fn wide<R>(work: impl FnOnce() -> R) -> R {
    extern crate std;

    #[target_feature(enable = "avx512f,avx512vl")]
    fn avx512<R>(work: impl FnOnce() -> R) -> R {
        work()
    }

    #[target_feature(enable = "avx2")]
    fn avx2<R>(work: impl FnOnce() -> R) -> R {
        work()
    }

    if std::is_x86_feature_detected!("avx512f") && std::is_x86_feature_detected!("avx512vl") {
        // SAFETY: the processor has the features.
        unsafe { avx512(work) }
    } else if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has the feature.
        unsafe { avx2(work) }
    } else {
        work()
    }
}

/// `work` as it is.
#[cfg(not(all(feature = "std", target_arch = "x86_64")))]
#[inline(always)]
pub(crate) fn wide<R>(work: impl FnOnce() -> R) -> R {
    work()
}
