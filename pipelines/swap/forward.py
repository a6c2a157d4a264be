#!/usr/bin/env python3
"""forward.py - ee-forward's place in a pipe, taken by Python.

    ee-tokenize -m MODEL corpus.txt |
        forward.py -m MODEL -t transformer.h.5.mlp.c_proj:in --device cuda |
        ee-cov | ee-npz save -d stats

reads   tokens       id, ids i4 (n): one record a document
writes  activations  tap, x f4 (n, width), doc i8 (n), pos i4 (n)

Both streams are described in ee-stream(5).  Needs numpy, msgpack,
msgpack-numpy, torch and transformers, and nothing of ours: it is meant to be
read, and changed into a stage of your own.  What any stage must do is in
class Writer and in read_tokens: 60 lines.
"""
import argparse
import re
import shlex
import sys
import zlib

import msgpack
import msgpack_numpy
import numpy as np
import torch
import transformers

NAME = "forward.py"


def fail(text):
    """Without an end record, so that every stage after this one fails too."""
    sys.exit("%s: %s" % (NAME, text))


class Writer:
    """A stream on standard output: a header, records, an end."""

    def __init__(self, header):
        self.crc = self.records = 0
        self.out = sys.stdout.buffer
        self._put(header)

    def _put(self, value):
        data = msgpack.packb(value, default=msgpack_numpy.encode)
        self.crc = zlib.crc32(data, self.crc)
        self.out.write(data)

    def put(self, record):
        self.records += 1
        self._put(record)

    def end(self):
        """Only if all went well.  The sum is of all bytes before this map."""
        self._put({"end": {"records": self.records, "crc32": self.crc}})
        self.out.flush()


def read_tokens(stream):
    """Yield the header, then (document number, ids) for each record."""
    unpacker = msgpack.Unpacker(stream, object_hook=msgpack_numpy.decode,
                                max_buffer_size=0)
    try:
        header = next(unpacker)
        if header.get("ee") != 1 or header.get("kind") != "tokens":
            fail("want a stream of tokens")
    except (StopIteration, ValueError, AttributeError):
        fail("standard input is no stream")
    yield header
    count = 0
    for record in unpacker:
        if "end" in record:
            if record["end"]["records"] != count:
                fail("records are missing")
            return
        count += 1
        yield record["id"], record["ids"]
    fail("the input is cut short: the stage before has failed")


def batches(documents, tokens):
    """Group documents of equal length, so that nothing is padded: collect
    about 8 batches' worth, sort, and hand out what fits together."""
    def cut(pool):
        pool.sort(key=lambda doc: len(doc[1]))
        batch = []
        for doc in pool:
            n = len(doc[1])
            if batch and (len(batch[0][1]) != n
                          or (len(batch) + 1) * n > tokens):
                yield batch
                batch = []
            batch.append(doc)
        if batch:
            yield batch

    pool, size = [], 0
    for doc in documents:
        if len(doc[1]) == 0:
            continue
        pool.append(doc)
        size += len(doc[1])
        if size >= 8 * tokens:
            yield from cut(pool)
            pool, size = [], 0
    yield from cut(pool)


def expand(tap):
    """'h.{1-2,5}.mlp:in' names three taps."""
    match = re.fullmatch(r"(.*)\{([0-9,-]+)\}(.*)", tap)
    if not match:
        return [tap]
    numbers = []
    for part in match[2].split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return ["%s%d%s" % (match[1], n, match[3]) for n in numbers]


class Enough(Exception):
    """All taps have been seen: the layers above need not be computed."""


class Taps:
    """Hooks on modules, which keep what passes them in self.seen."""

    def __init__(self, model, names):
        self.names, self.seen = names, {}
        modules = dict(model.named_modules())
        for name in names:
            module, _, side = name.partition(":")
            if module not in modules or side not in ("in", "out"):
                fail("'%s' is no tap of this model" % name)
            if side == "in":
                modules[module].register_forward_pre_hook(
                    lambda m, args, kwargs, name=name: self.see(
                        name, args[0] if args else kwargs["hidden_states"]),
                    with_kwargs=True)
            else:
                modules[module].register_forward_hook(
                    lambda m, args, out, name=name: self.see(
                        name, out[0] if isinstance(out, tuple) else out))

    def see(self, name, x):
        self.seen[name] = x
        if len(self.seen) == len(self.names):
            raise Enough

    def of(self, model, ids):
        """{tap: (documents * length, width)} in float32."""
        self.seen = {}
        try:
            model(input_ids=ids, use_cache=False)
        except Enough:
            pass
        return {name: x.reshape(-1, x.shape[-1]).float().cpu().numpy()
                for name, x in self.seen.items()}


def parse_arguments():
    parser = argparse.ArgumentParser(prog=NAME)
    parser.add_argument("-m", "--model", required=True)
    parser.add_argument("-t", "--tap", action="append", required=True,
                        help="MODULE:in or MODULE:out, also MODULE.{1-5}...")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, ...")
    parser.add_argument("--dtype", default="float32",
                        help="to compute in: float32, bfloat16, float16")
    parser.add_argument("--batch", type=int, default=4096, metavar="TOKENS")
    return parser.parse_args()


def main():
    args = parse_arguments()
    names = list(dict.fromkeys(t for tap in args.tap for t in expand(tap)))
    documents = read_tokens(sys.stdin.buffer)
    header = next(documents)
    transformers.utils.logging.disable_progress_bar()
    model = transformers.AutoModelForCausalLM.from_pretrained(args.model)
    model = model.to(args.device, getattr(torch, args.dtype)).eval()
    taps = Taps(model, names)
    most = model.config.max_position_embeddings
    out = None
    with torch.inference_mode():
        for batch in batches(documents, args.batch):
            n = len(batch[0][1])
            if n > most:
                fail("document %d has %d tokens, this model %d positions"
                     % (batch[0][0], n, most))
            ids = np.stack([ids for _, ids in batch]).astype("i8")
            seen = taps.of(model, torch.from_numpy(ids).to(args.device))
            doc = np.repeat(np.array([i for i, _ in batch], "i8"), n)
            pos = np.tile(np.arange(n, dtype="i4"), len(batch))
            # The header announces the taps with their widths, so it has to
            # wait for the first batch.  'model' and 'corpus' come from the
            # stage before; fingerprints, which only ours know, are left out.
            if out is None:
                out = Writer({
                    "ee": 1, "kind": "activations", "by": NAME + " 1",
                    **{k: header[k] for k in ("model", "corpus")
                       if k in header},
                    "taps": [{"tap": name, "width": seen[name].shape[1]}
                             for name in names],
                    "history": header.get("history", []) +
                               [shlex.join([NAME] + sys.argv[1:])]})
            for name in names:
                out.put({"tap": name, "x": seen[name], "doc": doc,
                         "pos": pos})
    if out is None:
        fail("no documents")
    out.end()


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:     # a reader that wants no more is no fault
        sys.stderr.close()
        sys.exit(1)
