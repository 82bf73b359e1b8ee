//! A log of JSON objects, one on each line, in which every line shows whether it and all lines before it
//! are unchanged.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fenchel_core::checksum;
use serde::{Deserialize, Serialize};

use crate::BadInput;
use crate::store::files;

/// The end of a log. A line's check is the CRC-32 of the previous line's check and of the line without its
/// own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEnd {
    /// Check before the first line, which is different for each run.
    begin: u32,
    /// Number of lines.
    lines: u32,
    /// Check of the last line.
    check: u32,
}

impl LogEnd {
    /// Returns the end of an empty log of the run that `run` describes.
    pub fn empty(run: &[u8]) -> Self {
        let begin = check(0, run);
        Self { begin, lines: 0, check: begin }
    }

    /// Number of lines.
    pub fn lines(self) -> usize {
        self.lines as usize
    }
}

fn check(before: u32, bytes: &[u8]) -> u32 {
    let mut digest = checksum();
    digest.update(&before.to_le_bytes());
    digest.update(bytes);
    digest.finalize()
}

/// Text before a line's check, which is the last entry of its object.
const KEY: &str = ",\"check\":\"";

/// Returns the line that follows one with the check `before`, and its own check.
fn line(before: u32, object: &str) -> (String, u32) {
    let check = check(before, object.as_bytes());
    let open = object.strip_suffix('}').unwrap_or(object);
    (format!("{open}{KEY}{check:08x}\"}}\n"), check)
}

/// The lines of a log up to the first that was changed, cut off, or isn't from this run.
#[derive(Clone, Debug, Default)]
pub struct Lines<'a> {
    /// The lines without their checks: one JSON object each.
    pub objects: Vec<String>,
    /// Check of each line.
    checks: Vec<u32>,
    /// Bytes that follow these lines.
    rest: &'a [u8],
}

impl<'a> Lines<'a> {
    /// Reads the lines from the bytes of a log that begins as `end` says.
    pub fn read(bytes: &'a [u8], end: LogEnd) -> Self {
        let mut lines = Self { rest: bytes, ..Self::default() };
        let mut before = end.begin;
        for text in bytes.split_inclusive(|&byte| byte == b'\n') {
            let text = std::str::from_utf8(text).unwrap_or_default();
            let Some((open, _)) = text.rsplit_once(KEY) else { break };
            let object = format!("{open}}}");
            let (expected, check) = line(before, &object);
            if expected != text {
                break;
            }
            lines.rest = &lines.rest[text.len()..];
            lines.objects.push(object);
            lines.checks.push(check);
            before = check;
        }
        lines
    }

    /// Returns whether the lines go as far as `end`.
    pub fn reach(&self, end: LogEnd) -> bool {
        let last = end.lines().checked_sub(1).map(|last| self.checks.get(last));
        last.is_none_or(|check| check == Some(&end.check))
    }

    /// Returns what is wrong if the lines don't go as far as `end`.
    pub fn complaint(&self, end: LogEnd) -> String {
        let count = self.objects.len();
        if count >= end.lines() {
            return "it isn't the log that the checkpoint knows".into();
        }
        format!("{count} of the {} lines up to the checkpoint are whole and unchanged", end.lines())
    }
}

/// A log that is being written.
#[derive(Debug)]
pub struct Log {
    file: File,
    path: PathBuf,
    end: LogEnd,
}

impl Log {
    /// Continues the log at `path`, which was empty when it was at `end`.
    ///
    /// # Errors
    /// Returns errors of the file system.
    pub fn begin(path: &Path, end: LogEnd) -> Result<Self> {
        let open = File::options().append(true).open(path);
        let file = open.with_context(|| format!("opening {}", path.display()))?;
        Ok(Self { file, path: path.to_path_buf(), end })
    }

    /// Continues the log at `path` where it was at `end`, without the lines that came after; also returns a
    /// message about it, if there is one. If lines up to there are missing or changed, those before them
    /// are kept, and the file that was found stays beside it as `.damaged`.
    ///
    /// # Errors
    /// Returns [`BadInput`] if it can't be read as a file, and errors of the file system.
    pub fn resume(path: &Path, mut end: LogEnd) -> Result<(Self, Option<String>)> {
        let bytes = match files::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(BadInput::new(path.display(), "the log of a run", error).into()),
            Ok(bytes) => bytes,
        };
        let lines = Lines::read(&bytes, end);
        let mut said = None;
        if !lines.reach(end) {
            let mut damaged = path.as_os_str().to_owned();
            damaged.push(".damaged");
            if !bytes.is_empty() {
                files::write(Path::new(&damaged), &bytes)?;
            }
            said = Some(format!("{}: {}; others are lost", path.display(), lines.complaint(end)));
            let kept = lines.checks.len().min(end.lines().saturating_sub(1));
            end.lines = kept as u32;
            end.check = kept.checked_sub(1).map_or(end.begin, |last| lines.checks[last]);
        } else if !lines.rest.is_empty() && !lines.rest.ends_with(b"\n") {
            said = Some(format!("{}: its last line was cut off, and is dropped", path.display()));
        }
        let mut kept = String::new();
        let mut before = end.begin;
        for object in &lines.objects[..end.lines()] {
            let (line, check) = line(before, object);
            kept += &line;
            before = check;
        }
        if kept.as_bytes() != bytes || bytes.is_empty() {
            files::write(path, kept.as_bytes())?;
        }
        Ok((Self::begin(path, end)?, said))
    }

    /// Appends an object.
    ///
    /// # Errors
    /// Returns errors of the file system.
    pub fn push(&mut self, object: &impl Serialize) -> Result<()> {
        let (line, check) = line(self.end.check, &serde_json::to_string(object)?);
        let place = || format!("writing {}", self.path.display());
        self.file.write_all(line.as_bytes()).with_context(place)?;
        self.end = LogEnd { lines: self.end.lines + 1, check, ..self.end };
        Ok(())
    }

    /// Syncs all of it to the disk, and returns its end.
    ///
    /// # Errors
    /// Returns errors of the file system.
    pub fn sync(&self) -> Result<LogEnd> {
        self.file.sync_all().with_context(|| format!("writing {}", self.path.display()))?;
        Ok(self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_knows_its_lines_and_loses_only_what_comes_after_damage() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let begin = LogEnd::empty(b"a run");
        std::fs::write(&path, "").expect("written");
        let mut log = Log::begin(&path, begin).expect("begun");
        let object = |n: u32| serde_json::json!({ "epoch": n });
        (1..=5).for_each(|n| log.push(&object(n)).expect("appended"));
        let end = log.sync().expect("synced");
        log.push(&object(6)).expect("appended");
        let whole = std::fs::read(&path).expect("a log");
        let (_, said) = Log::resume(&path, end).expect("resumed");
        assert_eq!(said, None);
        let kept = std::fs::read(&path).expect("a log");
        assert!(whole.starts_with(&kept) && Lines::read(&kept, end).objects.len() == 5);
        for cut in 1..20 {
            std::fs::write(&path, &whole[..whole.len() - cut]).expect("written");
            let (_, said) = Log::resume(&path, end).expect("resumed");
            assert!(said.expect("a word").contains("cut off"));
            assert_eq!(std::fs::read(&path).expect("a log"), kept);
        }
        for (place, left) in [(0, 0), (kept.len() / 2, 2), (kept.len() - 2, 4)] {
            let mut damaged = kept.clone();
            damaged[place] ^= 4;
            std::fs::write(&path, &damaged).expect("written");
            let (mut log, said) = Log::resume(&path, end).expect("resumed");
            assert!(said.expect("a word").contains(&format!("{left} of the 5 lines")));
            log.push(&object(6)).expect("appended");
            let after = std::fs::read(&path).expect("a log");
            assert_eq!(Lines::read(&after, end).objects.len(), left + 1);
            assert_eq!(std::fs::read(folder.path().join("log.damaged")).expect("kept beside"), damaged);
        }
        // The log of another run isn't taken for a beginning of this one's.
        assert!(Lines::read(&whole, LogEnd::empty(b"another run")).objects.is_empty());
    }
}
