//! Downloads published files: resumes where a download ended, checks each file, and puts it into place
//! whole.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use ureq::http::{StatusCode, header};

use crate::error::{printable, quoted, require};

/// Most bytes of one file.
const MOST: u64 = 256 << 20;
/// Error of a download that is slow, but not silent.
const OUT_OF_TIME: &str = "the time for the download is over (--time-limit); the next call resumes it";
/// Most times that one mirror is asked in a row, as long as each brings bytes.
const TRIES: usize = 5;

/// A published file.
#[derive(Clone, Copy, Debug)]
pub struct Remote<'a> {
    /// Name of the file, below each mirror's address and in the folder.
    pub name: &'a str,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: &'a str,
}

/// Progress of a download.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A mirror is being asked for this address.
    Asking(&'a str),
    /// Bytes that have arrived, and all bytes of the file if the mirror gives them.
    Bytes(u64, Option<u64>),
    /// The answer from that address can't be used, for this reason.
    Failed(&'a str, &'a anyhow::Error),
}

/// How a download ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The file was there already.
    Present,
    /// The file was downloaded.
    Fetched,
}

/// Time limits of a download.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Time without a byte after which a mirror is given up.
    pub silence: Duration,
    /// Time at which the whole download is given up.
    pub end: Instant,
}

/// Returns an address as it may be shown: without a user's name and password.
///
/// ```
/// use fenchel::data::fetch::without_password;
/// assert_eq!(without_password("https://me:secret@example.org/a@b"), "https://…@example.org/a@b");
/// ```
pub fn without_password(address: &str) -> String {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), address),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rfind('@') {
        Some(at) => format!("{scheme}…{}", &rest[at..]),
        None => address.to_string(),
    }
}

/// Puts `file` into `folder`, from the first of `mirrors` that has it. A partial download stays in
/// `NAME.part` until its checksum is right, and the next call resumes it; one that is longer than any
/// published file is deleted.
///
/// # Errors
/// Returns [`crate::BadInput`] if another file is in its place or no mirror has it, and errors of the file
/// system.
pub fn fetch(
    file: &Remote,
    mirrors: &[String],
    folder: &Path,
    limits: Limits,
    watch: &mut dyn FnMut(Progress),
) -> Result<Outcome> {
    let (path, part) = (folder.join(file.name), folder.join(format!("{}.part", file.name)));
    crate::store::files::make_folder(folder)?;
    if path.exists() {
        let same = sha256(File::open(&path)?)? == file.sha256;
        require!(same, path.display(), "the published file, or none", "another: move it away");
        return Ok(Outcome::Present);
    }
    if length(&part) > 0 && check(&part, file).is_ok() {
        fs::rename(&part, &path).with_context(|| format!("writing {}", path.display()))?;
        return Ok(Outcome::Fetched);
    }
    let mut last = None;
    for mirror in mirrors {
        let address = format!("{}/{}", mirror.trim_end_matches('/'), file.name);
        for _ in 0..TRIES {
            ensure!(Instant::now() < limits.end, "{OUT_OF_TIME}");
            let shown = without_password(&address);
            watch(Progress::Asking(&shown));
            let before = length(&part);
            let got = download(&address, &part, limits, watch);
            let checked = got.and_then(|()| check(&part, file).inspect_err(|_| drop(fs::remove_file(&part))));
            let Err(error) = checked else {
                fs::rename(&part, &path).with_context(|| format!("writing {}", path.display()))?;
                return Ok(Outcome::Fetched);
            };
            watch(Progress::Failed(&shown, &error));
            last = Some(error);
            // With more than before it goes on; with nothing left of what an earlier one gave, anew.
            let after = length(&part);
            if after <= before && !(before > 0 && after == 0) {
                break;
            }
        }
    }
    let last = last.context("no mirror to ask")?;
    Err(last.context(format!("none of {} mirrors gave {}", mirrors.len(), file.name)))
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |data| data.len())
}

/// Returns the SHA-256 in hexadecimal.
///
/// # Errors
/// Fails if `bytes` can't be read.
pub fn sha256(mut bytes: impl Read) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match bytes.read(&mut buffer)? {
            0 => break,
            n => digest.update(&buffer[..n]),
        }
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn check(part: &Path, file: &Remote) -> Result<()> {
    let got = sha256(File::open(part)?)?;
    ensure!(got == file.sha256, "expected the SHA-256 {}, got {got}", file.sha256);
    Ok(())
}

/// Resumes `part`, or begins anew if the mirror can't resume.
fn download(address: &str, part: &Path, limits: Limits, watch: &mut dyn FnMut(Progress)) -> Result<()> {
    let have = length(part);
    let config = ureq::Agent::config_builder()
        .timeout_connect(Some(limits.silence))
        .timeout_recv_response(Some(limits.silence))
        .http_status_as_error(false);
    let mut request = ureq::Agent::new_with_config(config.build()).get(address);
    if have > 0 {
        request = request.header(header::RANGE, format!("bytes={have}-"));
    }
    let told = |error: ureq::Error| {
        let text = error.to_string().replace(address, &without_password(address));
        anyhow::anyhow!(printable(&text))
    };
    let response = request.call().map_err(told)?;
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let start = match response.status() {
        StatusCode::OK => 0,
        StatusCode::PARTIAL_CONTENT => {
            let range = text(header::CONTENT_RANGE).unwrap_or_default();
            let fits = range.starts_with(&format!("bytes {have}-"));
            ensure!(fits, "expected the bytes from {have}, got {}", quoted(range));
            have
        }
        status => {
            if status == StatusCode::RANGE_NOT_SATISFIABLE {
                fs::remove_file(part)?;
            }
            bail!("expected the file, got HTTP status {status}");
        }
    };
    let total =
        text(header::CONTENT_LENGTH).and_then(|n| n.parse::<u64>().ok()).map(|n| start.saturating_add(n));
    ensure!(
        total.is_none_or(|total| total <= MOST),
        "expected at most {MOST} bytes, got {}",
        total.unwrap_or(0)
    );
    let mut file = File::options().create(true).truncate(false).write(true).open(part)?;
    file.set_len(start)?;
    file.seek(SeekFrom::Start(start))?;
    let done = copy(response.into_body().into_reader(), &mut file, start, total, limits, watch);
    file.sync_all()?;
    let done = done?;
    if done > total.unwrap_or(MOST).min(MOST) {
        fs::remove_file(part)?;
        bail!("expected at most {} bytes, got more", total.unwrap_or(MOST));
    }
    if let Some(total) = total {
        ensure!(done == total, "expected {total} bytes, got {done}");
    }
    Ok(())
}

/// Copies `body` into `file`, up to the most bytes of a file; returns how many bytes there are then,
/// `start` included.
fn copy(
    mut body: impl Read + Send + 'static,
    file: &mut File,
    start: u64,
    total: Option<u64>,
    limits: Limits,
    watch: &mut dyn FnMut(Progress),
) -> Result<u64> {
    // Read by a thread of its own, which can be left waiting: the client limits the time of a whole body
    // only, and that depends on the line.
    let (sender, receiver) = sync_channel(4);
    std::thread::spawn(move || {
        loop {
            let mut buffer = vec![0; 1 << 16];
            let read = body.read(&mut buffer);
            let ended =
                !matches!(&read, Ok(1..)) && !matches!(&read, Err(e) if e.kind() == ErrorKind::Interrupted);
            let sent = sender.send(read.map(|n| {
                buffer.truncate(n);
                buffer
            }));
            if ended || sent.is_err() {
                return;
            }
        }
    });
    let mut done = start;
    loop {
        watch(Progress::Bytes(done, total));
        let left = limits.end.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(limits.silence.min(left)) {
            Ok(Ok(bytes)) if bytes.is_empty() => return Ok(done),
            Ok(Ok(bytes)) => {
                file.write_all(&bytes)?;
                done += bytes.len() as u64;
                if done > total.unwrap_or(MOST).min(MOST) {
                    return Ok(done);
                }
            }
            Ok(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
            Ok(Err(error)) => bail!("after {done} bytes: {}", printable(&error.to_string())),
            Err(RecvTimeoutError::Timeout) if left <= limits.silence => {
                bail!("after {done} bytes: {OUT_OF_TIME}")
            }
            Err(RecvTimeoutError::Timeout) => {
                bail!("after {done} bytes nothing came for {:.1} s", limits.silence.as_secs_f64())
            }
            Err(RecvTimeoutError::Disconnected) => bail!("after {done} bytes the connection was lost"),
        }
    }
}
