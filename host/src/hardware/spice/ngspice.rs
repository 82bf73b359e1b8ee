//! Runs ngspice and reads its results.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};

use crate::BadInput;

/// Voltages that ngspice found, in the order of the netlist's `.save`. An operating point is a single point
/// at time 0.
#[derive(Debug)]
pub struct Voltages {
    /// Time of every point, in s.
    pub times: Vec<f64>,
    /// Voltages of every point, in V.
    pub points: Vec<Vec<f64>>,
}

/// Runs ngspice on `netlist`.
///
/// # Errors
/// Returns [`BadInput`] if ngspice isn't installed or doesn't converge.
pub fn run(netlist: &str) -> Result<Voltages> {
    let folder = tempfile::tempdir().context("a temporary folder for ngspice")?;
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("net.cir"), netlist).context("writing the netlist for ngspice")?;
    let output = Command::new("ngspice")
        .args(["-b", "-r", "out.raw", "net.cir"])
        .current_dir(folder.path())
        .env("SPICE_ASCIIRAWFILE", "1")
        .output()
        .map_err(|error| BadInput::new("ngspice", "the program, Debian's package ngspice", error))?;
    let raw = std::fs::read_to_string(file("out.raw")).unwrap_or_default();
    let voltages = parse(&raw, Path::new("out.raw"));
    match voltages {
        Ok(voltages) if output.status.success() => Ok(voltages),
        _ => {
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&text);
            let reasons = text.lines().filter(|line| {
                let line = line.to_lowercase();
                ["error", "singular", "converge", "too small", "failed"]
                    .iter()
                    .any(|word| line.contains(word))
            });
            let reason = reasons.take(3).collect::<Vec<_>>().join("; ");
            Err(BadInput::new("ngspice", "a circuit that converges", format!("\"{reason}\"")).into())
        }
    }
}

/// Reads ngspice's ASCII raw file.
fn parse(text: &str, path: &Path) -> Result<Voltages> {
    let count = |key: &str| -> Result<usize> {
        let line = text.lines().find_map(|line| line.strip_prefix(key));
        let line = line.ok_or_else(|| anyhow!("{}: no line \"{key}\"", path.display()))?;
        Ok(line.trim().parse()?)
    };
    let (variables, points) = (count("No. Variables:")?, count("No. Points:")?);
    let (_, names) = text.split_once("Variables:\n").context("no list of variables")?;
    let (names, values) = names.split_once("Values:\n").context("no values")?;
    let is_time = names.split_whitespace().nth(1) == Some("time");
    // A point is its number and then all values, one a line.
    let numbers: Vec<&str> = values.split_whitespace().collect();
    if points == 0 || numbers.len() != points * (variables + 1) {
        bail!("{} numbers for {points} points of {variables} variables", numbers.len());
    }
    let mut voltages = Voltages { times: Vec::new(), points: Vec::new() };
    for point in numbers.chunks_exact(variables + 1) {
        let values = point[1..].iter().map(|value| Ok(value.parse()?)).collect::<Result<Vec<f64>>>()?;
        let (time, values) = if is_time { (values[0], &values[1..]) } else { (0.0, &values[..]) };
        voltages.times.push(time);
        voltages.points.push(values.to_vec());
    }
    Ok(voltages)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &str = "Title: t\nNo. Variables: 3\nNo. Points: 2\nVariables:\n\t0\ttime\ttime\n\t1\tv(z_1_0)\tvoltage\n\t2\tv(z_1_1)\tvoltage\nValues:\n 0\t\t0.0\n\t1.5\n\t2.5e0\n 1\t1e-6\n\t-1\n\t3\n";

    #[test]
    fn a_raw_file_is_read_whole_or_not_at_all() {
        let voltages = parse(RAW, Path::new("r")).expect("a raw file");
        assert_eq!(
            (voltages.times, voltages.points),
            (vec![0.0, 1e-6], vec![vec![1.5, 2.5], vec![-1.0, 3.0]])
        );
        for cut in 1..RAW.len() - 1 {
            assert!(parse(&RAW[..RAW.len() - 1 - cut], Path::new("r")).is_err() || cut < 2, "{cut}");
        }
    }
}
