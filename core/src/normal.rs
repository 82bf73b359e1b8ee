//! Standard normal values by the ziggurat (G. Marsaglia and W. W. Tsang, 2000): one draw and one
//! comparison for 98 of 100, exact in distribution to the resolution of the draws.

use rand_core::Rng;

/// Where the lowest layer ends and the tail begins.
const TAIL: f32 = 3.442_62;

/// Right edges of the 128 layers of equal area 9.912563e-3 under exp(−x²/2), the lowest first, whose
/// edge is its area's over its height; then 0.
#[rustfmt::skip]
#[allow(clippy::excessive_precision, clippy::unreadable_literal)]
static EDGES: [f32; 129] = [
    3.7130861, 3.4426198, 3.223085, 3.0832288, 2.9786963, 2.894344, 2.8231254, 2.7611694, 2.7061136,
    2.6564064, 2.6109722, 2.5690336, 2.5300097, 2.4934545, 2.4590182, 2.4264207, 2.3954344, 2.3658714,
    2.3375752, 2.3104136, 2.284274, 2.2590597, 2.2346864, 2.2110815, 2.1881804, 2.1659267, 2.1442702,
    2.1231656, 2.1025732, 2.0824564, 2.0627823, 2.0435216, 2.024647, 2.0061338, 1.9879596, 1.9701033,
    1.9525458, 1.9352692, 1.9182574, 1.9014946, 1.8849671, 1.8686612, 1.8525645, 1.8366655, 1.820953,
    1.8054168, 1.7900469, 1.7748344, 1.7597703, 1.7448461, 1.7300541, 1.7153867, 1.7008367, 1.6863968,
    1.6720607, 1.6578219, 1.6436741, 1.6296115, 1.6156281, 1.6017184, 1.5878769, 1.5740982, 1.5603772,
    1.5467088, 1.5330878, 1.5195096, 1.505969, 1.4924614, 1.478982, 1.465526, 1.4520886, 1.4386653,
    1.4252512, 1.4118418, 1.3984319, 1.385017, 1.3715922, 1.3581525, 1.3446927, 1.331208, 1.3176928,
    1.3041419, 1.2905496, 1.2769103, 1.2632179, 1.2494665, 1.2356495, 1.2217603, 1.2077918, 1.1937367,
    1.1795874, 1.1653357, 1.1509728, 1.1364899, 1.121877, 1.1071236, 1.0922189, 1.0771506, 1.061906,
    1.0464709, 1.0308303, 1.0149674, 0.99886423, 0.9825008, 0.96585506, 0.9489026, 0.9316162, 0.9139652,
    0.8959153, 0.87742746, 0.85845685, 0.83895224, 0.8188539, 0.79809207, 0.77658397, 0.7542307, 0.7309119,
    0.7064796, 0.6807479, 0.6534786, 0.6243586, 0.5929629, 0.55869216, 0.52065605, 0.47743782, 0.42654797,
    0.36287144, 0.27232087, 0.0,
];

/// exp(−x²/2) at each of [`EDGES`].
#[rustfmt::skip]
#[allow(clippy::excessive_precision, clippy::unreadable_literal)]
static HEIGHTS: [f32; 129] = [
    0.0010143531, 0.0026696294, 0.005548997, 0.008624486, 0.011839475, 0.015167294, 0.0185921, 0.022103298,
    0.025693294, 0.029356316, 0.03308789, 0.03688439, 0.04074286, 0.044660866, 0.04863629, 0.052667394,
    0.056752652, 0.060890757, 0.0650806, 0.06932114, 0.07361148, 0.07795096, 0.08233891, 0.08677466,
    0.091257796, 0.09578787, 0.10036444, 0.104987286, 0.109656006, 0.11437047, 0.11913055, 0.12393596,
    0.1287867, 0.13368267, 0.13862377, 0.14361008, 0.14864157, 0.15371832, 0.15884036, 0.16400786,
    0.16922088, 0.17447963, 0.17978428, 0.18513498, 0.19053204, 0.19597563, 0.20146613, 0.20700371,
    0.21258874, 0.21822165, 0.22390272, 0.22963233, 0.23541091, 0.241239, 0.24711695, 0.2530453, 0.25902456,
    0.2650553, 0.27113807, 0.27727348, 0.2834622, 0.28970483, 0.29600215, 0.3023548, 0.30876368, 0.31522942,
    0.32175294, 0.3283351, 0.33497685, 0.34167916, 0.348443, 0.35526943, 0.3621595, 0.36911446, 0.37613547,
    0.38322383, 0.39038083, 0.3976078, 0.40490645, 0.412278, 0.41972435, 0.427247, 0.4348478, 0.4425287,
    0.45029166, 0.4581387, 0.46607217, 0.47409427, 0.4822076, 0.49041486, 0.49871865, 0.50712204, 0.5156282,
    0.52424055, 0.5329627, 0.54179835, 0.5507518, 0.55982745, 0.56903, 0.5783647, 0.58783704, 0.5974531,
    0.6072195, 0.6171434, 0.6272325, 0.6374955, 0.6479418, 0.658582, 0.6694277, 0.6804918, 0.69178915,
    0.7033361, 0.7151515, 0.7272569, 0.73967725, 0.7524415, 0.7655842, 0.7791461, 0.793177, 0.8077383,
    0.8229072, 0.8387836, 0.85550064, 0.87324303, 0.89228165, 0.9130436, 0.9362827, 0.9635997, 1.0,
];

/// One value of N(0, 1).
#[inline(always)]
pub(crate) fn normal(random: &mut impl Rng) -> f32 {
    loop {
        let bits = random.next_u32();
        let layer = (bits & 127) as usize;
        let (Some(&edge), Some(&above)) = (EDGES.get(layer), EDGES.get(layer + 1)) else {
            return 0.0;
        };
        let x = signed_unit(bits) * edge;
        if x.abs() < above {
            return x;
        }
        if let Some(x) = beyond(random, layer, x) {
            return x;
        }
    }
}

/// The value for x of `layer` where the next layer doesn't cover it, or none: draw again.
#[cold]
fn beyond(random: &mut impl Rng, layer: usize, x: f32) -> Option<f32> {
    if layer == 0 {
        return Some(tail(random).copysign(x));
    }
    let height = |layer: usize| HEIGHTS.get(layer).copied().unwrap_or_default();
    let (low, high) = (height(layer), height(layer + 1));
    (low + unit(random) * (high - low) < density(x)).then_some(x)
}

/// A value of the tail beyond [`TAIL`].
fn tail(random: &mut impl Rng) -> f32 {
    loop {
        let x = -libm::logf(1.0 - unit(random)) / TAIL;
        let y = -libm::logf(1.0 - unit(random));
        if y + y > x * x {
            return TAIL + x;
        }
    }
}

fn density(x: f32) -> f32 {
    libm::expf(-0.5 * x * x)
}

/// Uniform on [−1, 1) in steps of 2⁻²³, from the upper 24 bits.
fn signed_unit(bits: u32) -> f32 {
    (bits as i32 >> 8) as f32 * (1.0 / 8_388_608.0)
}

/// Uniform on [0, 1) in steps of 2⁻²⁴.
pub(crate) fn unit(random: &mut impl Rng) -> f32 {
    (random.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use rand_core::SeedableRng;

    #[test]
    fn heights_are_those_of_the_edges() {
        assert_eq!(HEIGHTS, EDGES.map(density));
    }

    #[test]
    fn the_layers_have_equal_areas() {
        let density = |x: f32| libm::exp(-0.5 * f64::from(x) * f64::from(x));
        const AREA: f64 = 9.912_563_035_262_17e-3;
        assert!((f64::from(EDGES[0]) * density(EDGES[1]) - AREA).abs() < 1e-8);
        for pair in EDGES.windows(2).skip(1) {
            let area = f64::from(pair[0]) * (density(pair[1]) - density(pair[0]));
            assert!((area - AREA).abs() < 2e-7, "{pair:?}: {area}");
        }
    }

    #[test]
    fn moments_and_tails_are_those_of_the_normal_distribution() {
        const N: usize = 1_000_000;
        let mut random = rand_xoshiro::Xoshiro128PlusPlus::seed_from_u64(1);
        let (mut moments, mut beyond) = ([0.0f64; 4], [0usize; 4]);
        for _ in 0..N {
            let x = f64::from(normal(&mut random));
            (1..=4).zip(&mut moments).for_each(|(n, moment)| *moment += libm::pow(x, n.into()) / N as f64);
            beyond
                .iter_mut()
                .enumerate()
                .for_each(|(n, count)| *count += usize::from(x.abs() > n as f64 + 0.5));
        }
        // Five standard errors of a million draws.
        for (moment, (expected, error)) in
            moments.iter().zip([(0.0, 0.005), (1.0, 0.0071), (0.0, 0.0194), (3.0, 0.049)])
        {
            assert!((moment - expected).abs() < error, "{moments:?}");
        }
        for (n, &count) in beyond.iter().enumerate() {
            let share = libm::erfc((n as f64 + 0.5) / core::f64::consts::SQRT_2);
            let error = 5.0 * libm::sqrt(share * (1.0 - share) * N as f64);
            assert!((count as f64 - share * N as f64).abs() < error, "beyond {n}.5: {count}");
        }
    }
}
