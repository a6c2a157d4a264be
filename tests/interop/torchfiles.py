"""Files of torch.save's: what torch writes, in its new format and its old
one, comes through libee and is what torch.load reads again.

usage: torchfiles.py WORK RESAVE     (RESAVE FROM TO: built from resave.c)
"""
import collections
import os
import sys
import zipfile

import torch

from common import check, finish, run

work, resave = sys.argv[1:]
dtypes = (torch.float32, torch.float64, torch.float16, torch.bfloat16,
          torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8,
          torch.bool, torch.uint16, torch.uint32, torch.uint64)


def same(a, b, where="it"):
    """Of the same type, to the bit, order included."""
    assert type(a) is type(b), (where, type(a), type(b))
    if isinstance(a, torch.Tensor):
        assert a.dtype == b.dtype and a.shape == b.shape, (where, b)
        assert b.is_contiguous() and not b.requires_grad, where
        assert a.contiguous().reshape(-1).view(torch.uint8).equal(
            b.reshape(-1).view(torch.uint8)), where
    elif isinstance(a, dict):
        assert [*a] == [*b], (where, [*a], [*b])
        assert [*map(type, a)] == [*map(type, b)], where
        for key in a:
            same(a[key], b[key], (where, key))
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b), where
        for i, (x, y) in enumerate(zip(a, b)):
            same(x, y, (where, i))
    else:
        assert a == b, (where, a, b)


def through(value, **how):
    """Written by torch, read and written by us."""
    theirs, ours = work + "/theirs.pt", work + "/ours.pt"
    torch.save(value, theirs, **how)
    run([resave, theirs, ours])
    return ours


def loads(value, **how):
    ours = through(value, **how)
    for weights_only in (True, False):
        same(value, torch.load(ours, weights_only=weights_only))
    same(value, torch.load(ours, mmap=True))


def tensors():
    m = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    value = {"scalar": m[1, 2, 3], "whole": m, "none": m[:0],
             "transposed": m.permute(2, 0, 1), "row": m[1, 1],
             "nan": torch.tensor([float("nan"), -0.0, float("inf")])}
    for dtype in dtypes:
        value[str(dtype)] = torch.tensor([[0, 1, 2], [3, 100, 5]]).to(dtype)
    return value


def plain():
    return {"int": [0, 255, 256, 65536, -1, 2**31, -2**31, 2**63 - 1, -2**63],
            "float": [0.1, -1e300, float("inf")], "text": "K\u00f6ln \u6771",
            "bytes": bytes(range(256)), "none": None, "yes": True,
            "no": False, "tuple": ((), (1,), (1, 2), (1, 2, 3, 4)),
            "list": [[], [1], list(range(300))], "empty": {},
            "by number": {0: "a", 17: {1: 2}, -3: "c"},
            "ordered": collections.OrderedDict(b=1, a=torch.ones(2)),
            "state": torch.nn.Linear(3, 2).state_dict().copy(),
            "": {"text": "keys of dicts within"}}


def detached(value):
    return {k: v.detach() for k, v in value.items()}


def formats():
    value = plain()
    value["state"] = detached(value["state"])
    for how in ({}, {"pickle_protocol": 4},
                {"_use_new_zipfile_serialization": False},
                {"_use_new_zipfile_serialization": False,
                 "pickle_protocol": 4}):
        loads(value, **how)
        loads(tensors(), **how)


def shared():
    """Tensors of one storage come out whole, each by itself, also where the
    old format has another order of storages than of tensors."""
    a = torch.arange(12.)
    value = {"z": torch.ones(3, dtype=torch.int16), "a": a, "b": a[3:7],
             "c": a.reshape(3, 4).t(), "half": torch.ones(5).half()}
    loads(value)
    loads(value, _use_new_zipfile_serialization=False)


def optimizers():
    for make in (lambda p: torch.optim.Adam(p, lr=.5),
                 lambda p: torch.optim.AdamW(p, lr=.5, weight_decay=.1),
                 lambda p: torch.optim.SGD(p, lr=.5, momentum=.9)):
        torch.manual_seed(0)
        net = torch.nn.Linear(3, 2)
        optimizer = make(net.parameters())
        net(torch.ones(4, 3)).square().sum().backward()
        optimizer.step()
        state = optimizer.state_dict()
        loads({"opt": state, "model": net.state_dict()})
        again = make(net.parameters())
        again.load_state_dict(torch.load(through(state)))
        same(state, again.state_dict())
        net(torch.ones(4, 3)).square().sum().backward()
        again.step()


def layout():
    """Aligned as torch's own files are, and whole to zipfile."""
    with zipfile.ZipFile(through(tensors())) as z:
        assert z.testzip() is None
        for info in z.infolist():
            z.fp.seek(info.header_offset + 26)
            name, extra = (int.from_bytes(z.fp.read(2), "little")
                           for _ in "ab")
            assert (info.header_offset + 30 + name + extra) % 64 == 0
            assert info.compress_type == zipfile.ZIP_STORED


check("tensors of every dtype", lambda: loads(tensors()))
check("plain values, in both formats", formats)
check("shared storages", shared)
check("state of optimizers", optimizers)
check("the archive itself", layout)
finish("torch files")
