"""What the tests against Python share: pipes, streams, counting."""
import subprocess
import sys
import zlib

import msgpack
import msgpack_numpy
import numpy as np

passed = failed = 0


def check(name, function, *arguments):
    global passed, failed
    try:
        function(*arguments)
        passed += 1
    except Exception as e:
        print("interop: %s FAILED: %s: %.2000s"
              % (name, type(e).__name__, e))
        failed += 1


def finish(part):
    print("interop: %s: %d passed, %d failed" % (part, passed, failed))
    sys.exit(failed > 0)


def run(*commands, data=b"", cwd=None):
    """A pipe of commands, each a list; what the last one writes."""
    for command in commands:
        done = subprocess.run(command, input=data, capture_output=True,
                              cwd=cwd)
        assert done.returncode == 0, (command[0], done.stderr)
        data = done.stdout
    return data


def parse(data):
    """(header, records) of a stream, checked."""
    unpacker = msgpack.Unpacker(object_hook=msgpack_numpy.decode,
                                max_buffer_size=0)
    unpacker.feed(data)
    objects = list(unpacker)
    end = msgpack.packb(objects[-1])
    assert data.endswith(end)
    assert objects[-1]["end"]["records"] == len(objects) - 2
    assert objects[-1]["end"]["crc32"] == zlib.crc32(data[:-len(end)])
    return objects[0], objects[1:-1]


def stream(kind, records):
    def pack(value):
        return msgpack.packb(value, default=msgpack_numpy.encode)
    data = pack({"ee": 1, "kind": kind, "by": "python 1"})
    data += b"".join(map(pack, records))
    return data + pack({"end": {"records": len(records),
                                "crc32": zlib.crc32(data)}})


def rows(data, tap):
    """{document: its rows} of one tap of a stream of activations."""
    found = {}
    for record in parse(data)[1]:
        if record["tap"] != tap:
            continue
        for i, doc in enumerate(record["doc"]):
            found.setdefault(int(doc), {})[int(record["pos"][i])] = \
                record["x"][i]
    return {doc: np.stack([x[p] for p in sorted(x)])
            for doc, x in found.items()}


def relative(a, b):
    return float(np.linalg.norm(a.astype("f8") - b)
                 / np.linalg.norm(b.astype("f8")))
