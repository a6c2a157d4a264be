"""Streams of every kind, made by Python, copied by libee, read by Python.

usage: streams.py COPY     (ee-show is found through PATH)

Records are those of ee-stream(5).  Nothing of ours is used on this side.
"""
import json
import subprocess
import sys
import zlib

import msgpack
import msgpack_numpy
import numpy as np

from common import check, finish, parse

rng = np.random.default_rng(1)


def f4(*shape):
    return rng.standard_normal(shape).astype("f4")


MODEL = {"name": "gpt2", "fingerprint": "0123456789abcdef"}
KINDS = {
    "tokens": ({"corpus": {"file": "corpus.txt"}}, [
        {"id": i, "ids": np.arange(i, dtype="i4"), "text": "Zürich %d" % i}
        for i in range(4)]),
    "activations": ({"taps": [{"tap": "transformer.h.5.mlp.c_proj:in",
                               "width": 64, "fingerprint": "0" * 16}]}, [
        {"tap": "transformer.h.5.mlp.c_proj:in", "x": f4(n, 64),
         "doc": np.zeros(n, "i8"), "pos": np.arange(n, dtype="i4")}
        for n in (1, 100, 5000)]),
    "stats": ({}, [
        {"name": "transformer.h.5.mlp.c_proj", "side": "in", "count": 10,
         "collect": ["mom2", "mean"], "mom2": np.eye(8) * 3.0,
         "mean": np.ones(8), "norm_mean": 2.5, "documents": 3,
         "fingerprint": "0" * 16, "model": MODEL, "corpus": [{}, {"a": 1}]}]),
    "targets": ({}, [
        {"case": 7, "layer": 5, "at": "mlp", "v": f4(36), "v0": f4(36),
         "steps": 20, "loss": 0.125, "p": [1e-9, 0.99]}]),
    "delta": ({}, [
        {"weight": "transformer.h.5.mlp.c_proj.weight", "left": f4(36, 2),
         "right": f4(144, 2), "cases": [7, 8], "method": "memit",
         "norm": np.float32(0.5), "n": np.int64(-3), "ok": np.bool_(True)}]),
    "odd": ({}, [
        {"x": np.arange(6).astype(t).reshape(1, 2, 3)}
        for t in ("f2", "f4", "f8", ">f4", ">i8", "i1", "i2", "i4", "i8",
                  "u1", "u2", "u4", "u8", "?")] + [
        {"x": np.array(2.0, "f4")}, {"x": np.zeros((0, 4), "f4")},
        {"x": np.asfortranarray(f4(3, 5))},
        {"deep": [[{"a": None}], True, -2**63, 2**63 - 1, 1.5, "", {}]}]),
}


def stream(kind, extra, records, crc=True, end=True):
    pack = lambda v: msgpack.packb(v, default=msgpack_numpy.encode)
    data = pack({"ee": 1, "kind": kind, "by": "python 1", "model": MODEL,
                 **extra})
    data += b"".join(pack(r) for r in records)
    last = {"records": len(records)}
    if crc:
        last["crc32"] = zlib.crc32(data)
    return data + (pack({"end": last}) if end else b"")


def run(*command, data):
    return subprocess.run(command, input=data, capture_output=True)


def same(a, b):
    if isinstance(b, dict) and b.get("split") is True:
        b = np.concatenate(b["parts"])
    if isinstance(a, np.ndarray):
        return (isinstance(b, np.ndarray) and a.shape == b.shape and
                a.dtype.newbyteorder("=") == b.dtype and (a == b).all())
    if isinstance(a, dict):
        return (isinstance(b, dict) and list(a) == list(b) and
                all(same(a[k], b[k]) for k in a))
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def copies(copy, kind, *arguments):
    extra, records = KINDS[kind]
    for crc in (True, False):
        done = run(copy, *arguments, data=stream(kind, extra, records, crc))
        assert done.returncode == 0, done.stderr
        header, again = parse(done.stdout)
        assert header["kind"] == kind and header["model"] == MODEL
        assert header["history"] == ["copy"]
        assert same(records, again), (records, again)


def shows(kind):
    extra, records = KINDS[kind]
    done = run("ee-show", data=stream(kind, extra, records))
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0]["header"]["kind"] == kind
    assert lines[-1]["end"]["records"] == len(records)
    for line, record in zip(lines[1:], records):
        for key, value in record.items():
            if not isinstance(value, np.ndarray):
                assert key == "n" or line["record"][key] == value
                continue
            shown = line["record"][key]
            assert shown["dtype"] == value.dtype.newbyteorder("=").name
            assert shown["shape"] == list(value.shape)
            if value.size:
                assert shown["min"] == value.min()
                assert shown["max"] == value.max()
                assert np.isclose(shown["mean"], value.mean(dtype="f8"))


def refuses(value):
    for command in (copy_program, "ee-show"):
        done = run(command, data=stream("odd", {}, [{"x": value}]))
        assert done.returncode == 1 and done.stderr.count(b"\n") == 1, done


def large(copy):
    """More than every buffer, through a pipe."""
    records = [{"x": f4(3000, 3072)}, {"x": f4(1, 1)}]
    done = run(copy, data=stream("odd", {}, records))
    assert same(records, parse(done.stdout)[1])


copy_program = sys.argv[1]

for kind in KINDS:
    check(kind + " copied", copies, copy_program, kind)
    check(kind + " copied in parts", copies, copy_program, kind, "100")
    check(kind + " shown", shows, kind)
for name, value in (("complex", 1j), ("complex tensor", np.ones(2, "c8")),
                    ("text tensor", np.array(["a", "b"])),
                    ("structure", np.zeros(2, [("a", "f4"), ("b", "i4")])),
                    ("2**63", 2**63), ("time", msgpack.Timestamp(1)),
                    ("integer keys", {1: 2})):
    check(name + " refused", refuses, value)
check("large", large, copy_program)
finish("streams")
