#!/usr/bin/env python3
"""Seeds of checkpoints, made by the command itself: python3 tests/fuzz/checkpoints.py path/to/fenchel

Run it when the layout of checkpoints has changed."""
import pathlib, subprocess, sys, tempfile, zlib

program = pathlib.Path(sys.argv[1]).resolve()
corpus = pathlib.Path(__file__).parent / "corpus/checkpoint"

def checkpoint(options):
    with tempfile.TemporaryDirectory() as folder:
        rows = "".join(f"{n % 2}.{n},{n % 3},{n % 2}\n" for n in range(30))
        pathlib.Path(folder, "toy.csv").write_text(rows)
        train = f"train --quiet --data toy.csv --epochs 2 --batch 50 --out run {options}"
        subprocess.run([program, *train.split()], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        return pathlib.Path(folder, "run/checkpoint").read_bytes()

def mended(body):
    return body + zlib.crc32(body).to_bytes(4, "little")

plain = checkpoint("--layers 5 --objective backprop")
assert mended(plain[:-4]) == plain, "a checkpoint ends with its CRC-32"
name = plain.index(b"epochs = ")
seeds = {
    "valid-backprop": plain,
    "valid-arovr-g": checkpoint("--layers 5 --objective arovr-g"),
    "valid-clip": checkpoint("--layers 4,3 --activation clip:0:1 --objective arovr-ab"),
    "refused-empty": b"",
    "refused-cut": plain[:-7],
    "refused-changed": plain[:40] + bytes([plain[40] ^ 1]) + plain[41:],
    "refused-length": plain + b"end",
    "refused-settings": mended(plain[:name] + b"epocks" + plain[name + 6:-4]),
    "refused-version": mended(bytes([plain[0] + 1]) + plain[1:-4]),
}
for name, bytes_ in seeds.items():
    (corpus / name).write_bytes(bytes_)
