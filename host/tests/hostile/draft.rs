//! Writes model files from named pieces, by docs/format.md alone, because core can't write hostile ones.

/// A file before its pieces are joined: header fields and arrays, in their order.
#[derive(Clone)]
pub struct Draft {
    header: Vec<(String, Vec<u8>)>,
    arrays: Vec<(String, Vec<u8>)>,
}

/// The task, which tells what the outputs mean.
#[derive(Clone, Copy, PartialEq)]
pub enum Meaning {
    Classes,
    Targets,
    Reconstruction,
}

const INPUTS: usize = 6;
/// Connections (from, to) and the tag of each one's form of weights.
const EDGES: [(u8, u8, u8); 4] = [(0, 1, 0), (1, 2, 1), (1, 3, 2), (2, 3, 0)];

pub fn number(value: u32) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

pub fn float(value: f32) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

pub fn text(value: &[u8]) -> Vec<u8> {
    [number(value.len() as u32), value.to_vec()].concat()
}

pub fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|&value| float(value)).collect()
}

impl Draft {
    /// Returns a valid model with every kind of field: 6-9-5 and 3 outputs (6 for a reconstruction), a
    /// skip, all forms of weights, two channels, bounds.
    pub fn new(meaning: Meaning) -> Self {
        let outputs = if meaning == Meaning::Reconstruction { INPUTS } else { 3 };
        let sizes = [INPUTS, 9, 5, outputs];
        let mut draft = Self { header: Vec::new(), arrays: Vec::new() };
        draft.training();
        draft.input();
        draft.blocks(&sizes);
        draft.task(meaning);
        draft.weights(&sizes);
        let units = sizes[1..].iter().sum();
        let array = |value: f32, count: usize| floats(&vec![value; count]);
        for (name, values) in [
            ("biases", array(0.25, units)),
            ("gammas", array(1.0, units)),
            ("offsets", array(0.5, 2)),
            ("factors", array(0.0625, 2)),
            ("low", array(0.0, 2)),
            ("high", array(1.0, 2)),
        ] {
            draft.arrays.push((name.into(), values));
        }
        if meaning == Meaning::Targets {
            draft.arrays.push(("target offsets".into(), array(20.0, outputs)));
            draft.arrays.push(("target factors".into(), array(0.5, outputs)));
        }
        draft
    }

    fn field(&mut self, name: impl Into<String>, bytes: Vec<u8>) {
        self.header.push((name.into(), bytes));
    }

    fn training(&mut self) {
        self.field("objective", vec![2]);
        self.field("attack", vec![0]);
        self.field("alpha", float(0.49));
        self.field("beta", float(0.25));
        self.field("perturbation", [vec![1], float(0.0625)].concat());
        self.field("seed", vec![7; 8]);
        self.field("epoch", number(1));
        self.field("data name", text(b"made up"));
        self.field("samples", number(100));
        self.field("identity", [vec![1], vec![9; 32]].concat());
    }

    fn input(&mut self) {
        self.field("inputs", number(INPUTS as u32));
        self.field("height", number(3));
        self.field("width", number(1));
        self.field("channel names", [vec![1], text(b"left\nright")].concat());
        self.field("number of factors", number(2));
        self.field("bounds", vec![1]);
    }

    fn blocks(&mut self, sizes: &[usize; 4]) {
        self.field("number of blocks", number(3));
        let clip = [vec![2], float(0.0), float(1.0)].concat();
        for (k, activation) in [(1, vec![1]), (2, clip), (3, vec![0])] {
            self.field(format!("units {k}"), number(sizes[k] as u32));
            self.field(format!("height {k}"), number(1));
            self.field(format!("width {k}"), number(1));
            self.field(format!("activation {k}"), activation);
            self.field(format!("potential {k}"), vec![0]);
            self.field(format!("biases {k}"), vec![0]);
            self.field(format!("gammas {k}"), vec![0]);
        }
    }

    fn task(&mut self, meaning: Meaning) {
        match meaning {
            Meaning::Classes => {
                self.field("task", vec![0]);
                self.field("classes", text(b"zero\none\ntwo"));
                let rejection = [vec![1], floats(&[0.25, 0.9, 0.95])].concat();
                self.field("rejection", rejection);
                self.field("temperature", [vec![1], float(0.5)].concat());
            }
            Meaning::Targets => {
                self.field("task", vec![1]);
                self.field("targets", text(b"x\ny\nz"));
            }
            Meaning::Reconstruction => {
                self.field("task", vec![2]);
                self.field("threshold", [vec![1], floats(&[0.125, 0.95])].concat());
            }
        }
        self.field("number of connections", number(EDGES.len() as u32));
        for (c, (from, to, precision)) in EDGES.into_iter().enumerate() {
            self.field(format!("ends {c}"), vec![from, to]);
            self.field(format!("kind {c}"), vec![0]);
            self.field(format!("precision {c}"), vec![precision]);
        }
    }

    fn weights(&mut self, sizes: &[usize; 4]) {
        for (c, (from, to, precision)) in EDGES.into_iter().enumerate() {
            let (rows, columns) = (sizes[usize::from(to)], sizes[usize::from(from)]);
            let padded = rows.div_ceil(8) * 8;
            // Value 8·columns·q + 8·j + r is in row 8q + r.
            let mut packed = Vec::new();
            for place in 0..padded * columns {
                let row = place / (8 * columns) * 8 + place % 8;
                let weight = |one: &[u8]| if row < rows { one.to_vec() } else { vec![0; one.len()] };
                packed.extend(match precision {
                    0 => weight(&float(0.125)),
                    1 => weight(&[0x00, 0x30]),
                    _ => weight(&[3]),
                });
            }
            if precision == 2 {
                let scales: Vec<_> = (0..padded).map(|row| if row < rows { 0.03125 } else { 0.0 }).collect();
                self.arrays.push((format!("scales {c}"), floats(&scales)));
            }
            self.arrays.push((format!("weights {c}"), packed));
        }
    }

    /// Returns the draft with another value of `field`.
    pub fn with(&self, field: &str, bytes: Vec<u8>) -> Self {
        let mut draft = self.clone();
        draft.header.iter_mut().find(|(name, _)| name == field).expect("a field").1 = bytes;
        draft
    }

    /// Returns the draft with `bytes` at `place` of an array, counted from its end if below 0.
    pub fn with_values(&self, array: &str, place: isize, bytes: &[u8]) -> Self {
        let mut draft = self.clone();
        let values = &mut draft.arrays.iter_mut().find(|(name, _)| name == array).expect("an array").1;
        let place = if place < 0 { values.len() - place.unsigned_abs() } else { place as usize };
        values[place..place + bytes.len()].copy_from_slice(bytes);
        draft
    }

    /// Returns the file, and where its gaps are.
    pub fn file(&self) -> (Vec<u8>, Vec<usize>) {
        let mut bytes = b"FNCL\x03\0\0\0\0\0\0\0".to_vec();
        self.header.iter().for_each(|(_, field)| bytes.extend(field));
        let mut gaps = Vec::new();
        for (_, values) in &self.arrays {
            while !bytes.len().is_multiple_of(16) {
                gaps.push(bytes.len());
                bytes.push(0);
            }
            bytes.extend(values);
        }
        let length = bytes.len() as u32 + 4;
        bytes[8..12].copy_from_slice(&number(length));
        bytes.extend([0; 4]);
        seal(&mut bytes);
        (bytes, gaps)
    }
}

/// Sets the last four bytes to the CRC-32 of those before.
pub fn seal(bytes: &mut [u8]) {
    let (content, sum) = bytes.split_last_chunk_mut::<4>().expect("a file");
    let mut crc = u32::MAX;
    for &byte in content.iter() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    *sum = (!crc).to_le_bytes();
}
