"""Make the small files of this folder (torch 2.13, numpy 2.4):

    python make.py
"""
import collections
import json
import os
import pickle
import zipfile

import numpy as np
import torch

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def plain():
    """Values that every protocol has, and what they are to us, as JSON."""
    shared = [1, 2]
    value = {
        "none": None, "yes": True, "no": False,
        "ints": [0, 255, 256, 65535, 65536, -1, 2**31 - 1, -2**31, 2**31,
                 2**62, -2**63, 2**63 - 1, -129],
        "floats": [0.0, -0.5, 1e300, 3.141592653589793],
        "text": "K\u00f6ln \u6771\u4eac", "empty": "", "long": "x" * 300,
        "bytes": b"ASCII\n",
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "set": {7}, "frozen": frozenset([8]),
        "by number": {0: "a", 17: "b", -3: "c"},
        "by tuple": {(1, 2): "x", None: "y"},
        "both": {1: "a", "1": "b"},
        "ordered": collections.OrderedDict([("b", 1), ("a", 2)]),
        "shared": [shared, shared],
        "numpy": [np.float64(0.25), np.float32(0.5), np.int64(-2**40),
                  np.uint8(200), np.bool_(True)],
        "many": list(range(300)),
    }
    want = dict(value)
    want["bytes"] = "ASCII\n"
    want["set"], want["frozen"] = [7], [8]
    want["by number"] = {"0": "a", "17": "b", "-3": "c"}
    want["by tuple"] = [[[1, 2], "x"], [None, "y"]]
    want["both"] = [[1, "a"], ["1", "b"]]
    want["numpy"] = [0.25, 0.5, -2**40, 200, True]
    return value, want


def views():
    a = torch.arange(24, dtype=torch.float32)
    m = a.reshape(4, 6)
    state = collections.OrderedDict(
        whole=a, matrix=m, transposed=m.t(), rows=m[1:3], columns=m[:, 2:4],
        steps=a[3::5], scalar=a[7], empty=a[:0], none=m[:, :0],
        expanded=a[:3, None].expand(3, 4), permuted=a.reshape(2, 3, 4)
        .permute(2, 0, 1), one=m[2:3, 1:2], back=m.t().reshape(6, 2, 2)[:, 1])
    state["parameter"] = torch.nn.Parameter(m[1])
    for dtype in (torch.float16, torch.bfloat16, torch.float64, torch.int8,
                  torch.int16, torch.int32, torch.int64, torch.uint8,
                  torch.bool, torch.uint16, torch.uint32, torch.uint64):
        name = str(dtype).removeprefix("torch.")
        state[name] = torch.tensor([[0, 1, 2], [3, 100, 5]]).to(dtype)
        state[name + ".t"] = state[name].t()
    return state


def arrays(state):
    out = {}
    for name, t in state.items():
        t = t.detach().contiguous()
        out[name] = t.float().numpy() if t.dtype == torch.bfloat16 \
            else t.numpy()
    return out


class Evil:
    def __reduce__(self):
        return os.system, ("touch evil-was-run",)


class Config:
    pass


def rezip(source, target, method, pad):
    """The same members, packed, or at odd places."""
    with zipfile.ZipFile(source) as a, \
            zipfile.ZipFile(target, "w", method) as b:
        for info in a.infolist():
            new = zipfile.ZipInfo(info.filename, (1980, 1, 1, 0, 0, 0))
            new.compress_type = method
            b.writestr(new, a.read(info))
            b.fp.write(b"x" * pad)
            b.start_dir = b.fp.tell()


def put(name, value, **more):
    torch.save(value, name, **more)


value, want = plain()
for protocol in range(2, 6):
    with open(f"plain.p{protocol}.pkl", "wb") as f:
        pickle.dump(value, f, protocol)
with open("plain.json", "w") as f:
    json.dump(want, f)
    f.write("\n")
with open("evil.pkl", "wb") as f:
    pickle.dump({"ok": 1, "x": [Evil()]}, f, 4)

put("views.pt", views())
put("views-p5.pt", views(), pickle_protocol=5)
np.savez("views.npz", **arrays(views()))
rezip("views.pt", "views-deflated.pt", zipfile.ZIP_DEFLATED, 0)
rezip("views.pt", "views-odd.pt", zipfile.ZIP_STORED, 1)

config = Config()
config.hidden_size = 36
config.dtype = torch.float32
config.device = torch.device("cpu")
config.shape = torch.Size([2, 3])
weight = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
adam = torch.optim.Adam([weight], lr=0.5)
weight.sum().backward()
adam.step()
put("training.pt", {"model": {"w": weight}, "config": config,
                    "opt": adam.state_dict(), "step": 1})
put("evil.pt", {"w": torch.ones(2), "x": Evil()})
put("complex.pt", {"w": torch.ones(2), "z": torch.ones(2, dtype=torch.cfloat)})
put("float8.pt", {"w": torch.ones(2).to(torch.float8_e4m3fn)})
put("tensor.pt", torch.tensor([1.5, -2.0]))
put("tiny.pt", {"w": torch.tensor([[1.0, 2.0], [3.0, 4.0]]).t(), "n": 3})
put("legacy.pt", {"w": torch.ones(2)},
    _use_new_zipfile_serialization=False)
put("legacy-views.pt", views(), _use_new_zipfile_serialization=False)
put("legacy-views-p4.pt", views(), _use_new_zipfile_serialization=False,
    pickle_protocol=4)
