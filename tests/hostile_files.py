"""Weight files that cost their readers dearly, or misled them: each was found once, and is tried ever since.

``HOSTILE`` maps a file name to a function that writes it. Run as a program, it reads every one with little memory and
time, and prints what was said of each.
"""

from __future__ import annotations

import json
import pickle
import struct
import sys
import zipfile
from pathlib import Path


def archive(pickled, records=(), root="archive"):
    """Return a function that writes a zip archive as torch.save does, with this pickle in it."""

    def write(path):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
            file.writestr(f"{root}/data.pkl", pickled)
            for name, content in records:
                file.writestr(f"{root}/{name}", content)

    return write


def tensor(shape, stride, numbers, key="0", kind="FloatStorage"):
    """Return the steps of a pickle that make one tensor."""

    def whole(value):
        return pickle.LONG1 + bytes([9]) + value.to_bytes(9, "little", signed=True)

    def sequence(values):
        return pickle.MARK + b"".join(whole(value) for value in values) + pickle.TUPLE

    def text(value):
        return pickle.BINUNICODE + struct.pack("<I", len(value)) + value.encode()

    storage = (
        pickle.MARK
        + text("storage")
        + f"ctorch\n{kind}\n".encode()
        + text(key)
        + text("cpu")
        + whole(numbers)
        + pickle.TUPLE
        + pickle.BINPERSID
    )
    arguments = (
        storage + whole(0) + sequence(shape) + sequence(stride) + pickle.NEWFALSE + b"ccollections\nOrderedDict\n)R"
    )
    return b"ctorch._utils\n_rebuild_tensor_v2\n" + pickle.MARK + arguments + pickle.TUPLE + pickle.REDUCE


def dictionary(**values):
    items = b"".join(
        pickle.BINUNICODE + struct.pack("<I", len(name)) + name.encode() + value for name, value in values.items()
    )
    return b"\x80\x02}" + pickle.MARK + items + pickle.SETITEMS + pickle.STOP


def itself(times):
    """A dictionary that holds itself ``times`` times: walked naively, it has ``times`` to the power of depth leaves."""
    keys = b"".join(pickle.BININT2 + struct.pack("<H", number) + pickle.BINGET + b"\0" for number in range(times))
    return b"\x80\x02}" + pickle.BINPUT + b"\0" + pickle.MARK + keys + pickle.SETITEMS + pickle.STOP


def shared(width, depth):
    """Lists of the same list, ``depth`` deep: no circle, but ``width`` to the power of ``depth`` leaves."""
    content = b"\x80\x02]" + pickle.BINPUT + b"\0"
    for level in range(depth):
        again = (pickle.BINGET + bytes([level])) * width
        content += pickle.EMPTY_LIST + pickle.BINPUT + bytes([level + 1]) + pickle.MARK + again + pickle.APPENDS
    return content + pickle.STOP


def header(text, data=b"", length=None):
    raw = text if isinstance(text, bytes) else text.encode()
    return lambda path: path.write_bytes((len(raw) if length is None else length).to_bytes(8, "little") + raw + data)


def many_tensors(count):
    entry = '"t{}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'
    return header("{" + ",".join(entry.format(number) for number in range(count)) + "}")


def linked_round(path):
    import h5py

    with h5py.File(path, "w") as file:
        group = file.create_group("layer")
        group["itself"] = file["/"]
        group["soft"] = h5py.SoftLink("/layer/soft")
        group["away"] = h5py.ExternalLink("/etc/passwd", "/")
        group["kernel:0"] = [1.0, 2.0]
        file.attrs["layer_names"] = [b"layer"]


def huge_array(path):
    import h5py

    with h5py.File(path, "w") as file:
        file.create_dataset("kernel:0", shape=(2**40, 2**20), dtype="f4", chunks=(1, 1024))


def odd_name(path):
    import h5py

    with h5py.File(path, "w") as file:
        file.create_dataset(b"no\xffutf8:0", data=[1.0])


def long_directory(path):
    """A zip archive whose table of contents claims four gigabytes."""
    archive(dictionary())(path)
    content = bytearray(path.read_bytes())
    end = content.rfind(b"PK\x05\x06")
    content[end + 12 : end + 16] = (0xFFFFFFF0).to_bytes(4, "little")
    path.write_bytes(content)


def overlapping(path):
    """Two records of an archive in the same place."""
    archive(dictionary(w=tensor((2,), (1,), 2)), [("data/0", bytes(8)), ("data/1", bytes(8))])(path)
    content = path.read_bytes()
    start = content.find(b"PK\x01\x02")
    path.write_bytes(content[:start] + content[start:].replace(b"data/1", b"data/0"))


NESTED = 50_000
HOSTILE = {
    "itself.bin": archive(itself(100)),
    "shared.bin": archive(shared(100, 5)),
    "bytearray.bin": archive(
        b"\x80\x02c__builtin__\nbytearray\n" + pickle.LONG1 + b"\x05" + (10**10).to_bytes(5, "little") + b"\x85R."
    ),
    "nested-keys.bin": archive(b"\x80\x02}" + b")" + b"\x85" * NESTED + b"Ns."),
    "nested-lists.bin": archive(b"\x80\x02" + b"]" * NESTED + b"a" * (NESTED - 1) + b"."),
    "nested-shape.bin": archive(
        b"\x80\x02ctorch._utils\n_rebuild_meta_tensor_no_storage\n(ctorch\nfloat32\n)" + b"\x85" * NESTED + b"tR."
    ),
    "expanded.bin": archive(dictionary(w=tensor((2**62,), (0,), 1)), [("data/0", bytes(4))]),
    "claims.bin": archive(dictionary(w=tensor((2**62,), (1,), 2**62)), [("data/0", bytes(4))]),
    "beyond.bin": archive(dictionary(w=tensor((4,), (9,), 4)), [("data/0", bytes(16))]),
    "negative.bin": archive(dictionary(w=tensor((4,), (-1,), 4)), [("data/0", bytes(16))]),
    "cut.bin": archive(dictionary(w=tensor((4,), (1,), 4)), [("data/0", bytes(8))]),
    "memo.bin": archive(b"\x80\x02]" + pickle.LONG_BINPUT + b"\xff\xff\xff\x7f" + b"."),
    "long-number.bin": archive(b"\x80\x02I" + b"9" * 100_000 + b"\n."),
    "claims-bytes.bin": archive(b"\x80\x04" + pickle.BINBYTES8 + (2**40).to_bytes(8, "little") + b"abc."),
    "steps.bin": archive(b"\x80\x02" + b"N0" * 4_000_000 + b"N."),
    "surrogate.bin": archive(
        dictionary()[:-2] + b"X\x03\x00\x00\x00\xed\xb2\x80" + tensor((1,), (1,), 1) + b"u.", [("data/0", bytes(4))]
    ),
    "directory.bin": long_directory,
    "overlapping.bin": overlapping,
    "endless-line.bin": lambda path: path.write_bytes(b"\x80\x02c" + b"a" * 5_000_000),
    "bare.bin": lambda path: path.write_bytes(b"\x80\x02" + b"]" * NESTED + b"."),
    "million.safetensors": many_tensors(1_000_000),
    "brackets.safetensors": header("{" + '"a":' + "[" * 1_000_000),
    "lists.safetensors": header('{"a":[' + ",".join(["[]"] * 8_000_000) + "]}"),
    "padding.safetensors": header("{" + " " * 50_000_000 + "}"),
    "digits.safetensors": header('{"a":{"dtype":"U8","shape":[' + "9" * 50_000 + '],"data_offsets":[0,1]}}'),
    "dimensions.safetensors": header(
        '{"a":{"dtype":"U8","shape":[' + ",".join("1" * 100_000) + '],"data_offsets":[0,1]}}', b"0"
    ),
    "surrogate.safetensors": header(
        r'{"\udc80":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"__metadata__":{"\ud800":"\udfff"}}', b"0"
    ),
    "wrong-end.safetensors": lambda path: path.write_bytes((2).to_bytes(8, "big") + b"{}" + bytes(8)),
    "linked.h5": linked_round,
    "huge.h5": huge_array,
    "odd-name.h5": odd_name,
}
MEMORY = 800_000_000  # bytes of address space beyond what the imports take
SECONDS = 20  # for each file; the slowest takes some five on a quiet machine


def main():
    import resource
    import signal

    import h5py  # noqa: F401  (what it takes is not the files' fault)

    from coursekit.facts.files.formats.weight_file import read_weight_file

    folder = Path(sys.argv[1])
    for name, write in HOSTILE.items():
        write(folder / name)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    said = {}
    for name in HOSTILE:
        signal.alarm(SECONDS)
        read = read_weight_file(folder / name)
        signal.alarm(0)
        said[name] = {
            "findings": [[finding.severity, finding.what] for finding in read.findings],
            "tensors": [[tensor.name, list(tensor.shape)] for tensor in read.tensors],
        }
        json.dumps(said[name], ensure_ascii=False).encode()  # half a surrogate pair could be shown nowhere
    print(json.dumps(said))


if __name__ == "__main__":
    main()
