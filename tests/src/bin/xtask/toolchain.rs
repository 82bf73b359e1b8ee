//! The toolchain that builds the firmware, and two builds at once.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};

use crate::process::{output, root};

/// Number of builds and emulated boards at once; each keeps one core busy.
pub const LANES: usize = 2;

/// Compiler that is used.
#[derive(Clone)]
pub enum Compiler {
    /// The rustup toolchain that runs this harness.
    Rustup,
    /// Debian's rustc-web with its own sources of the standard library, and this linker.
    Debian {
        /// Path of lld.
        linker: PathBuf,
    },
}

/// A compiler, and the folder in which it builds.
#[derive(Clone)]
pub struct Toolchain {
    /// Compiler that is used.
    pub compiler: Compiler,
    lane: usize,
}

impl Toolchain {
    /// Returns the compiler, in the first lane.
    pub fn new(compiler: Compiler) -> Self {
        Self { compiler, lane: 0 }
    }

    /// Returns name, version and commit of its compiler, as one line.
    pub fn version(&self) -> Result<String> {
        match &self.compiler {
            Compiler::Rustup => output(Command::new("rustc").arg("--version").current_dir(root())),
            Compiler::Debian { .. } => output(Command::new("/usr/bin/rustc").arg("--version")),
        }
    }

    /// Returns a folder for each compiler, whose artefacts don't mix, and for each lane, which would wait
    /// for the other.
    pub fn target_folder(&self) -> PathBuf {
        let folder = root().join("firmware/target");
        let folder = match &self.compiler {
            Compiler::Rustup => folder,
            Compiler::Debian { .. } => folder.join("debian"),
        };
        if self.lane == 0 { folder } else { folder.join(format!("lane{}", self.lane)) }
    }

    /// Does `jobs`, those of one lane in order and the lanes at once; returns the results in the jobs'
    /// order. `run` gets a toolchain and a folder below `folder` that no other lane uses. Jobs that compile
    /// alike belong in one lane.
    ///
    /// # Errors
    /// Returns the error of a job that failed; the other lane continues to its end.
    pub fn in_lanes<T: Sync, R: Send>(
        &self,
        folder: &Path,
        jobs: &[T],
        lane: impl Fn(usize, &T) -> usize + Sync,
        run: impl Fn(&Toolchain, &Path, &T) -> Result<R> + Sync,
    ) -> Result<Vec<R>> {
        let work = |own: usize| {
            let toolchain = Toolchain { compiler: self.compiler.clone(), lane: own };
            let folder = folder.join(format!("lane{own}"));
            std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
            let jobs = jobs.iter().enumerate().filter(|&(index, job)| lane(index, job) % LANES == own);
            jobs.map(|(index, job)| Ok((index, run(&toolchain, &folder, job)?))).collect::<Result<Vec<_>>>()
        };
        let lanes: Vec<Result<Vec<(usize, R)>>> = std::thread::scope(|scope| {
            let work = &work;
            let lanes: Vec<_> = (0..LANES).map(|own| scope.spawn(move || work(own))).collect();
            lanes.into_iter().map(|lane| lane.join().map_err(|_| anyhow!("a job panicked"))?).collect()
        });
        let lanes = lanes.into_iter().collect::<Result<Vec<_>>>()?;
        let mut results: Vec<_> = lanes.into_iter().flatten().collect();
        results.sort_by_key(|(index, _)| *index);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn lanes_share_the_jobs_and_a_failure_stops_its_own_lane() {
        let folder = tempfile::tempdir().expect("a folder");
        let done = Mutex::new(Vec::new());
        let run = |fail: usize| {
            Toolchain::new(Compiler::Rustup).in_lanes(
                folder.path(),
                &[0, 1, 2, 3, 4, 5],
                |_, job| *job,
                |toolchain, folder, job| {
                    assert_eq!(toolchain.lane, job % LANES);
                    assert!(folder.ends_with(format!("lane{}", job % LANES)));
                    done.lock().expect("whole").push(*job);
                    if *job == fail { Err(anyhow!("job {job}")) } else { Ok(10 * job) }
                },
            )
        };
        assert_eq!(run(9).expect("none fails"), [0, 10, 20, 30, 40, 50]);
        let mut all = std::mem::take(&mut *done.lock().expect("whole"));
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4, 5]);
        assert_eq!(run(2).expect_err("failed").to_string(), "job 2");
        assert!(!done.lock().expect("whole").contains(&4) && done.lock().expect("whole").contains(&5));
    }
}
