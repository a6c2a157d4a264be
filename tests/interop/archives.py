"""Archives of MEND that EasyEdit wrote, loaded and saved by libee: torch
loads them as it loads EasyEdit's, and EasyEdit's own way of taking them in
finds what it looks for.

usage: archives.py WORK REARCHIVE     (built from rearchive.c)
"""
import os
import sys

import torch
import transformers

from common import check, finish, run

top = os.path.join(os.path.dirname(__file__), "..", "..")
mend = os.path.join(top, "tests/golden/mend/")
work, rearchive = sys.argv[1:]


def again(case, name):
    """(theirs, ours) as torch loads them."""
    theirs, ours = mend + case + "/" + name, work + "/ours.archive"
    run([rearchive, os.path.join(top, "tests/golden/models",
                                 case.split(".")[0]),
         mend + case + "/config.json", theirs, ours])
    strict = torch.load(ours, weights_only=True)
    loose = torch.load(ours, weights_only=False)
    same(strict, loose)
    return torch.load(theirs, weights_only=False), loose


def same(a, b, where="it"):
    assert type(a) is type(b), (where, type(a), type(b))
    if isinstance(a, torch.Tensor):
        assert a.dtype == b.dtype and a.shape == b.shape, (where, b.shape)
        assert a.view(-1).view(torch.uint8).equal(
            b.view(-1).view(torch.uint8)), where
    elif isinstance(a, dict):
        assert [*a] == [*b], (where, [*a], [*b])
        for key in a:
            same(a[key], b[key], (where, key))
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b), where
        for i, pair in enumerate(zip(a, b)):
            same(*pair, (where, i))
    else:
        assert a == b, (where, a, b)


def unordered(opt):
    """The settings of an optimiser are named: their order is nothing."""
    return dict(opt, param_groups=[dict(sorted(group.items()))
                                   for group in opt["param_groups"]])


def agree(case, name):
    theirs, ours = again(case, name)
    for archive in theirs, ours:
        config = archive["model"].pop("model_config")
    assert config["hidden_size"] > 0
    assert ours.pop("ee")["inner_params"]
    for key in "opt", "lr_opt":
        theirs[key], ours[key] = map(unordered, (theirs[key], ours[key]))
    same(theirs, ours)


class Layer(torch.nn.Module):
    """One layer of EasyEdit's IDMLP: names and shapes."""
    def __init__(self, size, rank, modes):
        super().__init__()
        self.u = torch.nn.Parameter(torch.zeros(size, rank))
        self.v = torch.nn.Parameter(torch.zeros(rank, size))
        self.bias = torch.nn.Parameter(torch.zeros(size))
        self.mode_shift = torch.nn.Embedding(modes, size)
        self.mode_scale = torch.nn.Embedding(modes, size)


class Net(torch.nn.Module):
    """Its GradientTransform."""
    def __init__(self, x, delta, rank, modes):
        super().__init__()
        self.mlp = torch.nn.Module()
        self.mlp.layers = torch.nn.Sequential(
            Layer(x + delta, rank, modes), Layer(x + delta, rank, modes))
        for name, size in (("u_mean", x), ("v_mean", delta), ("u_std", x),
                           ("v_std", delta), ("u_s", x), ("v_s", delta),
                           ("k", 1)):
            self.register_buffer(name, torch.full((size,), float("nan")))


class Mend(torch.nn.Module):
    """Its MEND, without the model."""
    def __init__(self):
        super().__init__()
        self.edit_lrs = torch.nn.Parameter(torch.zeros(4))
        self.mend = torch.nn.ModuleDict({
            "(144, 36)": Net(144, 36, 12, 2), "(36, 144)": Net(36, 144, 12, 2)
        })

    def outer_parameters(self):
        return [*self.mend.parameters(), self.edit_lrs]


def take_in(archive):
    """EasyEdit's load_state_dict, and its optimisers."""
    net = Mend()
    # it compares the two, and says so if they differ
    assert archive["model"].pop("model_config") != transformers.LlamaConfig()
    found = net.load_state_dict(archive["model"], strict=False)
    assert not found.unexpected_keys and not found.missing_keys
    opt = torch.optim.Adam(net.outer_parameters(), lr=1e-3)
    opt.load_state_dict(archive["opt"])
    lr_opt = torch.optim.Adam([net.edit_lrs], lr=1e-2)
    lr_opt.load_state_dict(archive["lr_opt"])
    return net, opt, lr_opt


def step(net, *optimizers):
    for i, p in enumerate(net.outer_parameters()):
        p.grad = torch.full_like(p, .1 + i)
    for opt in optimizers:
        opt.step()


def easyedit_loads():
    """And a step from there."""
    results = []
    for archive in again("tiny-gpt2.train", "final.archive"):
        net, opt, _ = take_in(archive)
        step(net, opt)
        results.append(net.state_dict())
    same(*results)


def trained(*options):
    """What ee-mend-train writes; a run that goes on from EasyEdit's."""
    case, ours = mend + "tiny-gpt2.train/", work + "/trained.archive"
    run(["ee-mend-train", "-q", "-m", os.path.join(
            top, "tests/golden/models/tiny-gpt2"),
         "-p", case + "config.json", "--train", case + "train.json",
         "--val", case + "val.json", "-o", ours, *options])
    archive = torch.load(ours, weights_only=True)
    assert archive["step"] > 0
    before = archive["model"]["edit_lrs"].clone()
    net, opt, lr_opt = take_in(archive)
    # edit_lrs are one's or the other's
    assert (net.edit_lrs in opt.state) == ("easyedit" in options)
    assert (net.edit_lrs in lr_opt.state) == ("easyedit" not in options)
    step(net, opt, lr_opt)
    assert not before.equal(net.edit_lrs)


def from_older_files():
    """Of the original MEND, whose keys begin with gtn."""
    theirs, ours = again("tiny-gpt2.default",
                         "original-gtn-legacyzip.archive")
    for key in theirs["model"]:
        if key == "model_config":
            continue
        new = key.replace("gtn.", "mend.")
        same(theirs["model"][key], ours["model"][new], key)


for case in ("tiny-gpt2.train", "tiny-gpt2.train-accum", "tiny-llama.train"):
    check("final archive of " + case, agree, case, "final.archive")
for case in ("tiny-gpt2.unshared", "tiny-gpt2.twonets", "tiny-gptj.default"):
    check("archive of " + case, agree, case, "random.archive")
check("archive before training", agree, "tiny-gpt2.train", "init.archive")
check("EasyEdit's way to load", easyedit_loads)
check("older archives", from_older_files)
check("ee-mend-train's", trained)
check("ee-mend-train's, as EasyEdit's", trained, "--like", "easyedit")
check("on from EasyEdit's", trained, "--like", "easyedit", "--archive",
      mend + "tiny-gpt2.train/final.archive")
finish("archives")
