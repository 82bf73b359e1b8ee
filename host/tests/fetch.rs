//! `fenchel data fetch` against a server on this machine that cuts off, stalls and corrupts.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fenchel::data::fetch::{Limits, Outcome, Progress, Remote, fetch, sha256};

/// How a server answers one request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    /// The content from the place that is asked for.
    Whole,
    /// The content from the beginning, whatever place is asked for.
    FromStart,
    /// This many bytes, then the connection ends.
    Cut(usize),
    /// This many bytes, then silence.
    Stall(usize),
    /// The content with a changed byte.
    Corrupt,
    /// Other bytes than those that are asked for.
    OtherRange,
    /// Single bytes with pauses, for ever.
    Trickle,
    /// Bytes without end.
    Endless,
    NotFound,
}

/// Returns the file's content, longer than any buffer on the way.
fn contents() -> Vec<u8> {
    (0..900_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// Starts a mirror that gives these answers, one for each request and the last one for ever; returns its
/// address and the ranges that it is asked for.
fn mirror(answers: &'static [Answer]) -> (String, Arc<Mutex<Vec<Option<usize>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let answer = answers[number.min(answers.len() - 1)];
            let start = request(stream.as_ref().expect("a connection"));
            seen.lock().expect("no panic").push(start);
            // The client may hang up at any time.
            std::thread::spawn(move || drop(respond(stream.expect("a connection"), answer, start)));
        }
    });
    (address, asked)
}

/// Returns where the requested range begins.
fn request(stream: &TcpStream) -> Option<usize> {
    let mut start = None;
    for line in BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()) {
        if let Some(range) = line.to_lowercase().strip_prefix("range: bytes=") {
            start = range.trim_end_matches('-').parse().ok();
        }
    }
    start
}

fn respond(mut stream: TcpStream, answer: Answer, start: Option<usize>) -> std::io::Result<()> {
    let mut bytes = contents();
    if answer == Answer::NotFound {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    if answer == Answer::Corrupt {
        bytes[123_456] ^= 1;
    }
    let start = start.filter(|_| answer != Answer::FromStart);
    let (status, range) = match start {
        Some(start) => {
            let first = start + usize::from(answer == Answer::OtherRange);
            let range = format!("Content-Range: bytes {first}-{}/{}\r\n", bytes.len() - 1, bytes.len());
            ("206 Partial Content", range)
        }
        None => ("200 OK", String::new()),
    };
    if matches!(answer, Answer::Trickle | Answer::Endless) {
        write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
        loop {
            if answer == Answer::Trickle {
                stream.write_all(&bytes[..1])?;
                std::thread::sleep(Duration::from_millis(100));
            } else {
                stream.write_all(&bytes)?;
            }
        }
    }
    let body = &bytes[start.unwrap_or(0)..];
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{range}Connection: close\r\n\r\n")?;
    match answer {
        Answer::Cut(bytes) => stream.write_all(&body[..bytes]),
        Answer::Stall(bytes) => {
            stream.write_all(&body[..bytes])?;
            std::thread::sleep(Duration::from_secs(600));
            Ok(())
        }
        _ => stream.write_all(body),
    }
}

/// Fetches from these mirrors into `folder`; returns the outcome, and the errors on the way.
fn get(folder: &Path, mirrors: &[String]) -> (anyhow::Result<Outcome>, Vec<String>) {
    let sum = sha256(contents().as_slice()).expect("read");
    let mut errors = Vec::new();
    let mut watch = |progress: Progress| {
        if let Progress::Failed(_, error) = progress {
            errors.push(format!("{error:#}"));
        }
    };
    // Long enough for a busy machine, and short enough to wait for.
    let limits = Limits { silence: Duration::from_secs(2), end: Instant::now() + Duration::from_secs(60) };
    (fetch(&Remote { name: "file.gz", sha256: &sum }, mirrors, folder, limits, &mut watch), errors)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

fn assert_whole(folder: &Path) {
    assert_eq!(names(folder), ["file.gz"]);
    assert!(std::fs::read(folder.join("file.gz")).expect("there") == contents(), "other bytes");
}

#[test]
fn what_is_cut_off_is_gone_on_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let (address, asked) = mirror(&[Answer::Cut(300_000), Answer::Cut(200_000), Answer::Whole]);
    let (outcome, errors) = get(folder.path(), &[address]);
    assert_eq!(outcome.expect("whole in the end"), Outcome::Fetched);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert_eq!(*asked.lock().expect("no panic"), [None, Some(300_000), Some(500_000)]);
    assert_whole(folder.path());
    // Nothing is asked for what is there.
    assert_eq!(get(folder.path(), &[]).0.expect("there"), Outcome::Present);
    std::fs::write(folder.path().join("file.gz"), "another").expect("written");
    let error = format!("{:#}", get(folder.path(), &[]).0.expect_err("another file"));
    assert!(error.contains("move it away"), "{error}");
}

#[test]
fn what_one_mirror_left_is_gone_on_with_by_another_and_later() {
    let folder = tempfile::tempdir().expect("a folder");
    let (stalling, asked) = mirror(&[Answer::Stall(400_000), Answer::Stall(0)]);
    let (outcome, errors) = get(folder.path(), std::slice::from_ref(&stalling));
    assert!(outcome.is_err());
    assert!(errors.iter().all(|error| error.contains("nothing came for 2.0 s")), "{errors:?}");
    assert_eq!(names(folder.path()), ["file.gz.part"]);
    assert_eq!(*asked.lock().expect("no panic"), [None, Some(400_000)]);
    let (missing, _) = mirror(&[Answer::NotFound]);
    let (odd, _) = mirror(&[Answer::OtherRange]);
    let (whole, asked) = mirror(&[Answer::Whole]);
    let (outcome, errors) = get(folder.path(), &[missing, odd, whole]);
    assert_eq!(outcome.expect("the last has it"), Outcome::Fetched);
    assert!(errors[0].contains("404") && errors[1].contains("the bytes from 400000"), "{errors:?}");
    assert_eq!(*asked.lock().expect("no panic"), [Some(400_000)]);
    assert_whole(folder.path());
}

#[test]
fn a_server_without_ranges_begins_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let (address, _) = mirror(&[Answer::Cut(500_000), Answer::FromStart]);
    assert_eq!(get(folder.path(), &[address]).0.expect("whole in the end"), Outcome::Fetched);
    assert_whole(folder.path());
}

#[test]
fn what_is_corrupt_is_thrown_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let (corrupt, asked) = mirror(&[Answer::Corrupt]);
    let (outcome, errors) = get(folder.path(), std::slice::from_ref(&corrupt));
    assert!(outcome.is_err() && errors[0].contains("SHA-256"), "{errors:?}");
    assert_eq!(asked.lock().expect("no panic").len(), 1, "it has no more to give");
    assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
    // Nor does the corrupt beginning that one mirror left spoil what another gives.
    let mut beginning = contents()[..700_000].to_vec();
    beginning[3] ^= 1;
    std::fs::write(folder.path().join("file.gz.part"), beginning).expect("written");
    let (whole, asked) = mirror(&[Answer::Whole]);
    assert_eq!(get(folder.path(), &[whole]).0.expect("whole in the end"), Outcome::Fetched);
    assert_eq!(*asked.lock().expect("no panic"), [Some(700_000), None]);
    assert_whole(folder.path());
}

#[test]
fn the_command_says_which_mirror_failed_and_leaves_nothing_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let (corrupt, _) = mirror(&[Answer::Corrupt]);
    let (missing, _) = mirror(&[Answer::NotFound]);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
        command
            .current_dir(folder.path())
            .args(["data", "fetch"])
            .args(arguments)
            .output()
            .expect("it starts")
    };
    let output = run(&["mnist", "--mirror", &missing, "--mirror", &format!("{corrupt}/")]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    for words in ["404", "SHA-256", &format!("{corrupt}/train-images-idx3-ubyte.gz"), "none of 2 mirrors"] {
        assert!(message.contains(words), "{words:?} isn't in: {message}");
    }
    assert!(names(&folder.path().join("data/mnist")).is_empty());
    let secret = missing.replace("http://", "http://me:secret@");
    for options in [["mnist", "--mirror", &secret], ["mnist", "--mirror", "ftp://me:secret@localhost"]] {
        let output = run(&options);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.contains("…@") && !message.contains("secret"), "{message}");
    }
    for (option, value) in [("--patience", "1.8e19"), ("--patience", "0"), ("--time-limit", "nan")] {
        let output = run(&["mnist", option, value]);
        assert_eq!(output.status.code(), Some(2), "{option} {value}");
    }
    let unknown = run(&["digits"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("mnist, fashion-mnist, kmnist"));
}

#[test]
fn neither_a_slow_nor_an_endless_mirror_is_followed_for_ever() {
    let folder = tempfile::tempdir().expect("a folder");
    let (slow, asked) = mirror(&[Answer::Trickle]);
    let limits = Limits { silence: Duration::from_secs(60), end: Instant::now() + Duration::from_secs(1) };
    let file = Remote { name: "file.gz", sha256: "0" };
    let error = fetch(&file, &[slow], folder.path(), limits, &mut |_| {}).expect_err("no end to it");
    assert!(format!("{error:#}").contains("--time-limit"), "{error:#}");
    assert_eq!(asked.lock().expect("no panic").len(), 1);
    let folder = tempfile::tempdir().expect("a folder");
    let (endless, _) = mirror(&[Answer::Endless]);
    let (outcome, errors) = get(folder.path(), &[endless]);
    assert!(outcome.is_err() && errors[0].contains("got more"), "{errors:?}");
    assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
}
