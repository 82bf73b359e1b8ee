//! Large files of many small elements, the densest that a format has: whatever becomes of them, reading
//! takes no more memory than their size allows.

use std::alloc::System;
use std::io::Write;

use cap::Cap;
use fenchel_tests::readers::{READERS, named};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Size of each file, in bytes.
const SIZE: usize = 24 << 20;

/// Builds a file from `start`, as many numbered elements as its size needs, and `end`.
fn file(start: &[u8], element: impl Fn(usize) -> Vec<u8>, end: &[u8]) -> Vec<u8> {
    let mut bytes = start.to_vec();
    for i in 0.. {
        if bytes.len() >= SIZE {
            break;
        }
        bytes.extend(element(i));
    }
    bytes.extend(end);
    bytes
}

fn repeated(start: &[u8], element: &[u8], end: &[u8]) -> Vec<u8> {
    file(start, |_| element.repeat(1000), end)
}

/// Returns a protobuf field of bytes.
fn field(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag << 3 | 2];
    let mut length = contents.len();
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(contents);
    bytes
}

/// Returns an ONNX graph of as many such elements as fit.
fn graph(element: &[u8]) -> Vec<u8> {
    field(7, &repeated(b"", element, b""))
}

fn safetensors(header: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header].concat()
}

fn archive() -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for i in 0..SIZE / 100 {
        archive.start_file(i.to_string(), zip::write::SimpleFileOptions::default()).expect("starts");
        archive.write_all(b"").expect("writes");
    }
    archive.finish().expect("finishes").into_inner()
}

// One test alone, and a process of its own: the limit on memory is the process's.
#[test]
fn memory_stays_within_that_of_the_file() {
    // Said before: what breaks the limit on memory aborts.
    let check = |reader: &str, what: &str, bytes: Vec<u8>| {
        eprintln!("{reader}: {what}");
        named(reader).read(&bytes, &ALLOCATOR).ok();
    };
    check("csv", "values in a line", repeated(b"", b"1,", b"1\n"));
    check("csv", "empty values", repeated(b"", b",", b"\n"));
    check("log", "empty objects", repeated(b"", b"{}\n", b""));
    check("log", "a list", repeated(b"{\"epoch\":[", b"0,", b"0]}\n"));
    check("log", "keys", file(b"{", |i| format!("\"{i}\":0,").into(), b"\"\":0}\n"));
    check("settings", "keys", file(b"", |i| format!("k{i}=0\n").into(), b""));
    check("settings", "a list", repeated(b"layers = [", b"1,", b"1]\n"));
    check("labels", "lines", repeated(b"", b"a\n", b""));
    check("labels", "empty lines", repeated(b"", b"\n", b""));
    check("safetensors", "a list", safetensors(&repeated(b"{\"a\":[", b"0,", b"0]}")));
    let tensor = |i| format!("\"{i}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}");
    let more = |i| format!("{},", tensor(i)).into();
    check(
        "safetensors",
        "keys",
        safetensors(&file(b"{", more, format!("{}}}", tensor(usize::MAX)).as_bytes())),
    );
    check("onnx", "nodes", graph(&field(1, b"")));
    check("onnx", "inputs of a node", graph(&field(1, &field(1, b"").repeat(60))));
    check("onnx", "attributes", graph(&field(1, &field(5, b"").repeat(60))));
    check("onnx", "initialisers", graph(&field(5, b"")));
    check("onnx", "sizes of a tensor", graph(&field(5, &field(1, &[0; 100]))));
    check("npz", "empty arrays", archive());
    check("samples", "empty arrays", archive());
    // A sample of 4 bytes has a label, its name's number, 16 bytes of its content's hash, which divides samples, a place
    // in the order of samples, and a copy in its split.
    eprintln!("csv: lines");
    named("csv").read_within(24 * SIZE, &repeated(b"", b"1,1\n", b""), &ALLOCATOR).expect("a table");
    for reader in READERS {
        eprintln!("{}: ones", reader.name);
        reader.read(&vec![1; SIZE], &ALLOCATOR).ok();
    }
}
