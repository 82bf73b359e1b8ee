//! Checks shapes of a graph's values: operations that leave each sample as one row, and constants that are
//! repeated over a sample.

use anyhow::Result;

use super::chain::Chain;
use super::constant::Constant;
use super::proto::{NodeProto, ValueInfoProto};
use crate::convert::bad;
use crate::error::require;

/// Returns how many samples the graph's input has, and the dimensions of one, where the graph gives them.
pub fn input(input: &ValueInfoProto) -> (Option<i64>, Option<Vec<usize>>) {
    let tensor = input.kind.as_ref().and_then(|kind| kind.tensor.as_ref());
    let Some(shape) = tensor.and_then(|tensor| tensor.shape.as_ref()) else { return (None, None) };
    let size = |value: i64| usize::try_from(value).ok().filter(|&size| size > 0);
    match shape.dim.as_slice() {
        [] => (None, None),
        [only] => (Some(1), size(only.value).map(|size| vec![size])),
        [batch, rest @ ..] => {
            let batch = (batch.value > 0).then_some(batch.value);
            (batch, rest.iter().map(|dim| size(dim.value)).collect())
        }
    }
}

/// Applies a Flatten node, which must keep samples apart.
pub fn flatten(here: &str, node: &NodeProto, chain: &mut Chain) -> Result<()> {
    let axis = node.integer("axis", 1);
    let dimensions = chain.sample.as_ref().map(|sample| 1 + sample.len() as i64);
    let counted = if axis < 0 { dimensions.map_or(axis, |dimensions| axis + dimensions) } else { axis };
    require!(counted == 1, here, "axis = 1, which keeps samples apart", format!("axis {axis}"));
    chain.sample = chain.width().map(|width| vec![width]);
    Ok(())
}

/// Applies a Reshape node, which must reshape each sample by itself.
pub fn reshape(
    here: &str,
    shape: &Constant,
    node: &NodeProto,
    chain: &mut Chain,
    batch: Option<i64>,
) -> Result<()> {
    const EXPECTED: &str = "a shape that keeps samples apart, such as [-1, inputs]";
    let got = || format!("{:?}", shape.values);
    let [first, rest @ ..] = shape.values.as_slice() else {
        return Err(bad(here, EXPECTED, got()));
    };
    require!(node.integer("allowzero", 0) == 0, here, "allowzero = 0", "1");
    // 0 keeps the number of samples; -1 does if the rest is a sample's own size.
    let apart = matches!(*first, 0.0 | -1.0) || *first == 1.0 && batch == Some(1);
    require!(apart && !rest.is_empty(), here, EXPECTED, got());
    let width = chain.width();
    let mut sample: Vec<Option<usize>> = Vec::new();
    for (index, &size) in rest.iter().enumerate() {
        let kept = chain.sample.as_ref().and_then(|sample| sample.get(index).copied());
        sample.push(match size {
            -1.0 => None,
            0.0 => Some(kept.ok_or_else(|| bad(here, EXPECTED, got()))?),
            size if size > 0.0 => Some(size as usize),
            _ => return Err(bad(here, EXPECTED, got())),
        });
    }
    let known: usize = sample.iter().flatten().product();
    let open = sample.iter().filter(|size| size.is_none()).count();
    require!(open <= 1 && !(open == 1 && *first == -1.0), here, EXPECTED, got());
    match width {
        Some(width) => {
            let fits = if open == 1 { known > 0 && width.is_multiple_of(known) } else { known == width };
            require!(fits, here, format!("{width} values a sample"), got());
            let fill = width / known.max(1);
            chain.sample = Some(sample.into_iter().map(|size| size.unwrap_or(fill)).collect());
        }
        None if open == 0 => chain.sample = Some(sample.into_iter().flatten().collect()),
        None => {
            require!(rest.len() == 1, here, EXPECTED, got());
        }
    }
    Ok(())
}

/// Returns the constant's values for one sample: one value, or as many as a sample has.
pub fn broadcast(here: &str, constant: &Constant, sample: Option<&[usize]>) -> Result<Vec<f64>> {
    if let [value] = constant.values[..] {
        return Ok(vec![value]);
    }
    let mut shape = constant.shape.as_slice();
    let got = format!("shape {shape:?}");
    let Some(sample) = sample else {
        let row = shape.iter().rev().skip(1).all(|&size| size == 1);
        require!(row, here, "one number, or a row of them", got);
        return Ok(constant.values.clone());
    };
    let expected = format!("one number, or what spreads over a sample of shape {sample:?}");
    while shape.len() > sample.len() {
        require!(shape[0] == 1, here, expected, got);
        shape = &shape[1..];
    }
    let missing = sample.len() - shape.len();
    let size = |axis: usize| if axis < missing { 1 } else { shape[axis - missing] };
    let fits = (0..sample.len()).all(|axis| size(axis) == 1 || size(axis) == sample[axis]);
    require!(fits, here, expected, got);
    let total: usize = sample.iter().product();
    let place = |index: usize| {
        let (mut rest, mut stride, mut place) = (index, 1, 0);
        for axis in (0..sample.len()).rev() {
            let at = rest % sample[axis];
            rest /= sample[axis];
            place += if size(axis) == 1 { 0 } else { at * stride };
            stride *= size(axis);
        }
        place
    };
    Ok((0..total).map(|index| constant.values[place(index)]).collect())
}

/// Returns how many values of a sample each of `channels` channels has.
pub fn values_a_channel(here: &str, channels: usize, sample: Option<&[usize]>) -> Result<usize> {
    let Some(sample) = sample else { return Ok(1) };
    let first = sample.first().copied().unwrap_or(0);
    require!(first == channels, here, format!("{first} channels"), channels);
    Ok(sample.iter().skip(1).product())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_spread_over_a_sample() {
        let constant = |shape: &[usize]| Constant {
            name: String::new(),
            shape: shape.to_vec(),
            values: (0..shape.iter().product()).map(|value| value as f64).collect(),
        };
        let spread = |shape: &[usize], sample: &[usize]| broadcast("here", &constant(shape), Some(sample));
        assert_eq!(spread(&[], &[2]).expect("one"), [0.0]);
        assert_eq!(spread(&[1, 3], &[3]).expect("a row"), [0.0, 1.0, 2.0]);
        assert_eq!(spread(&[2, 1], &[2, 2]).expect("channels"), [0.0, 0.0, 1.0, 1.0]);
        assert_eq!(spread(&[2], &[2, 2]).expect("columns"), [0.0, 1.0, 0.0, 1.0]);
        for (shape, sample) in [(&[2usize][..], &[3usize][..]), (&[2, 3], &[3]), (&[3, 1], &[2, 2])] {
            assert!(spread(shape, sample).is_err(), "{shape:?} {sample:?}");
        }
    }
}
