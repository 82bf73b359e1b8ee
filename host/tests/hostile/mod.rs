//! Hostile model files: each has a right CRC and is wrong in one place by docs/format.md.

pub mod draft;

use draft::{Draft, Meaning, float, floats, number, seal, text};

/// A file that must be refused, and what is wrong with it.
pub struct Hostile {
    pub what: String,
    pub bytes: Vec<u8>,
}

const NAN: f32 = f32::NAN;
const INFINITE: f32 = f32::INFINITY;

/// Returns valid files, one for each task, which must load.
pub fn right() -> [Vec<u8>; 3] {
    [Meaning::Classes, Meaning::Targets, Meaning::Reconstruction].map(|meaning| Draft::new(meaning).file().0)
}

/// Returns all hostile files.
pub fn files() -> Vec<Hostile> {
    let base = Draft::new(Meaning::Classes);
    let mut list = Vec::new();
    let mut add = |what: String, bytes| list.push(Hostile { what, bytes });
    for (field, values) in [training(), input(), blocks(), classes(), connections()].concat() {
        for value in values {
            add(format!("{field} {value:02x?}"), base.with(field, value).file().0);
        }
    }
    for (meaning, fields) in [(Meaning::Targets, targets()), (Meaning::Reconstruction, reconstruction())] {
        for (field, values) in fields {
            for value in values {
                add(format!("{field} {value:02x?}"), Draft::new(meaning).with(field, value).file().0);
            }
        }
    }
    for (array, place, value) in arrays() {
        add(format!("{array} {value:02x?} at {place}"), base.with_values(array, place, &value).file().0);
    }
    for (array, value) in [("target offsets", NAN), ("target factors", INFINITE), ("target factors", NAN)] {
        let draft = Draft::new(Meaning::Targets).with_values(array, 4, &float(value));
        add(format!("{array} {value}"), draft.file().0);
    }
    // The connections out of order, or one twice.
    for (what, first, second) in [("order", [1, 2], [0, 1]), ("twice", [0, 1], [0, 1])] {
        let draft = base.with("ends 0", first.to_vec()).with("ends 1", second.to_vec());
        add(format!("connections, {what}"), draft.file().0);
    }
    let (file, gaps) = base.file();
    for &gap in &gaps {
        add(format!("gap at {gap}"), changed(&file, gap, 1));
    }
    for (what, place, value) in [
        ("mark", 3, b'l'),
        ("version", 4, 2),
        ("version", 4, 4),
        ("arithmetic", 5, 1),
        ("arithmetic", 5, 255),
        ("prelude's zeros", 6, 1),
        ("prelude's zeros", 7, 128),
    ] {
        add(format!("{what} {value}"), changed(&file, place, value));
    }
    for length in [0, 4, 12, file.len() - 1, file.len() + 1, u32::MAX as usize] {
        let mut bytes = file.clone();
        bytes[8..12].copy_from_slice(&number(length as u32));
        seal(&mut bytes);
        add(format!("length {length}"), bytes);
    }
    for more in [1, 4, 16] {
        // After the last array, and told in the length.
        let mut bytes = file.clone();
        bytes.resize(file.len() + more, 0);
        let length = bytes.len() as u32;
        bytes[8..12].copy_from_slice(&number(length));
        seal(&mut bytes);
        add(format!("{more} bytes left over"), bytes);
    }
    list
}

fn changed(file: &[u8], place: usize, value: u8) -> Vec<u8> {
    let mut bytes = file.to_vec();
    bytes[place] = value;
    seal(&mut bytes);
    bytes
}

/// A field, and the values that it must not have.
type Wrong = Vec<(&'static str, Vec<Vec<u8>>)>;

fn tags(values: &[u8]) -> Vec<Vec<u8>> {
    values.iter().map(|&value| vec![value]).collect()
}

fn numbers(values: &[u32]) -> Vec<Vec<u8>> {
    values.iter().map(|&value| number(value)).collect()
}

fn not_finite() -> Vec<Vec<u8>> {
    [NAN, INFINITE, -INFINITE].map(float).to_vec()
}

/// Returns `tag` followed by each list of floats.
fn tagged(tag: u8, lists: &[&[f32]]) -> Vec<Vec<u8>> {
    lists.iter().map(|values| [vec![tag], floats(values)].concat()).collect()
}

fn training() -> Wrong {
    let gaussian = tagged(1, &[&[NAN], &[INFINITE], &[-1.0]]);
    let dropout = tagged(2, &[&[NAN, 1.0], &[-0.1, 1.0], &[1.1, 1.0], &[0.5, NAN], &[0.5, INFINITE]]);
    vec![
        ("objective", tags(&[5, 255])),
        ("attack", tags(&[3, 255])),
        ("alpha", not_finite()),
        ("beta", not_finite()),
        ("perturbation", [tags(&[3, 255]), gaussian, dropout].concat()),
        ("data name", vec![text(&[0xff, 0xfe]), text(&[0xc3]), number(u32::MAX), number(1 << 20)]),
        ("identity", vec![[vec![2], vec![9; 32]].concat(), vec![255]]),
    ]
}

fn input() -> Wrong {
    let names = |names: &[u8]| [vec![1], text(names)].concat();
    vec![
        ("inputs", numbers(&[0, 5, 7, 8193, u32::MAX])),
        ("height", numbers(&[0, 4, 1 << 31, u32::MAX])),
        ("width", numbers(&[0, 5, 0x5555_5556, u32::MAX])),
        ("channel names", vec![vec![2], names(b"left"), names(b"a\nb\nc"), names(&[0xff, b'\n', 0xfe])]),
        ("number of factors", numbers(&[0, 3, 5, 7, u32::MAX])),
        ("bounds", tags(&[2, 255])),
    ]
}

fn blocks() -> Wrong {
    let clip = tagged(2, &[&[NAN, 1.0], &[0.0, INFINITE], &[-INFINITE, 0.0], &[1.0, 0.0], &[0.0, NAN]]);
    vec![
        ("number of blocks", numbers(&[0, 16, 1 << 16, u32::MAX])),
        ("units 1", numbers(&[0, 8193, u32::MAX])),
        ("units 3", numbers(&[0, 2])),
        ("height 2", numbers(&[0, 3, u32::MAX])),
        ("width 2", numbers(&[0, 2, 0x8000_0001])),
        ("activation 1", tags(&[4, 255])),
        ("activation 2", clip),
        ("potential 1", tags(&[3, 255])),
        ("biases 2", tags(&[1, 255])),
        ("gammas 2", tags(&[1, 255])),
    ]
}

fn classes() -> Wrong {
    let rejection = [
        [-0.1, 0.9, 0.9],
        [NAN, 0.9, 0.9],
        [INFINITE, 0.9, 0.9],
        [0.1, 1.1, 0.9],
        [0.1, -0.1, 0.9],
        [0.1, 0.9, 1.1],
        [0.1, 0.9, NAN],
    ];
    let rejection = rejection.each_ref().map(|values| values.as_slice());
    vec![
        ("task", tags(&[3, 255])),
        (
            "classes",
            vec![
                text(b"zero\none"),
                text(b"a\nb\nc\nd"),
                text(&[0xff, b'\n', 0xfe, b'\n', 0xfd]),
                number(1 << 30),
            ],
        ),
        ("rejection", [tags(&[2]), tagged(1, &rejection)].concat()),
        ("temperature", [tags(&[2]), tagged(1, &[&[0.0], &[-1.0], &[NAN], &[INFINITE]])].concat()),
    ]
}

fn connections() -> Wrong {
    let ends = |ends: &[[u8; 2]]| ends.iter().map(|ends| ends.to_vec()).collect::<Vec<_>>();
    vec![
        ("number of connections", numbers(&[0, 3, 33, u32::MAX])),
        ("ends 0", ends(&[[0, 0], [1, 0], [0, 4], [4, 5], [255, 255]])),
        ("ends 3", ends(&[[1, 3], [3, 3], [2, 2], [0, 3]])),
        ("kind 1", tags(&[1, 2, 3, 255])),
        ("precision 1", tags(&[3, 255])),
    ]
}

fn targets() -> Wrong {
    vec![("targets", vec![text(b"x\ny"), text(b"a\nb\nc\nd"), text(&[0x80, b'\n', b'\n'])])]
}

fn reconstruction() -> Wrong {
    let threshold =
        tagged(1, &[&[-0.1, 0.9], &[NAN, 0.9], &[INFINITE, 0.9], &[0.1, 1.1], &[0.1, -0.1], &[0.1, NAN]]);
    vec![("threshold", [tags(&[2, 255]), threshold].concat()), ("units 3", numbers(&[5]))]
}

/// Returns arrays, places in them, and values that must not be there. Of 9 rows, 7 are padding in the last
/// panel.
fn arrays() -> Vec<(&'static str, isize, Vec<u8>)> {
    let half = |bits: u16| bits.to_le_bytes().to_vec();
    vec![
        ("weights 0", 0, float(NAN)),
        ("weights 0", 40, float(INFINITE)),
        ("weights 0", -4, float(0.5)),
        ("weights 0", -4, float(f32::from_bits(1))),
        ("weights 0", -8, float(NAN)),
        ("weights 1", 0, half(0x7c00)),
        ("weights 1", 2, half(0x7e00)),
        ("weights 1", 4, half(0xfc00)),
        ("weights 1", -2, half(0x3c00)),
        ("weights 1", -2, half(0x0001)),
        ("scales 2", 0, float(NAN)),
        ("scales 2", 4, float(INFINITE)),
        ("scales 2", 8, float(f32::MAX)),
        ("scales 2", -4, float(0.5)),
        ("weights 2", -1, vec![1]),
        ("weights 3", -4, float(-1.0)),
        ("biases", 0, float(NAN)),
        ("biases", -4, float(-INFINITE)),
        ("gammas", 0, float(0.0)),
        ("gammas", 0, float(-1.0)),
        ("gammas", -4, float(NAN)),
        ("gammas", -4, float(INFINITE)),
        ("offsets", 0, float(NAN)),
        ("offsets", 4, float(INFINITE)),
        ("factors", 0, float(NAN)),
        ("factors", 4, float(-INFINITE)),
        ("low", 0, float(NAN)),
        ("low", 0, float(2.0)),
        ("low", 4, float(-INFINITE)),
        ("high", 0, float(INFINITE)),
        ("high", 4, float(-1.0)),
        ("high", 4, float(NAN)),
    ]
}
