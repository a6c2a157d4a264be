"""Files of statistics: what is written loads as the references load it, and
means what they mean; what they write is read.

usage: files.py WORK     (a folder; the tools are found through PATH)
"""
import glob
import os
import sys

import numpy as np

from common import check, finish, parse, run

top = os.path.join(os.path.dirname(__file__), "..", "..")
model = os.path.join(top, "tests/golden/models/tiny-gpt2")
corpus = os.path.join(top, "tests/golden/inputs/corpus.txt")
work = sys.argv[1]
tap = "transformer.h.1.mlp.c_proj"


def unbox(value):
    """None, as rome's runningstats boxes it: a NaN of its own."""
    if isinstance(value, np.ndarray) and value.shape == () and \
            np.isnan(value):
        assert value.view("u8") == 0xfff8000000000002
        return None
    return value.item() if value.shape == () else value


def load(path):
    """As runningstats.load_cached_state: pickles are allowed there, but
    there must be none."""
    with np.load(path, allow_pickle=False) as data:
        return {k: data[k] for k in data.files}


tokens = run(["ee-tokenize", "-m", model, corpus])
activations = run(["ee-forward", "-m", model, "-t", tap + ":in"], data=tokens)
x = np.concatenate([r["x"] for r in parse(activations)[1]]).astype("f8")
kinds = "mom2,mean,var,norm_mean,cov,corr"


def statistics(*options):
    path = os.path.join(work, "s.npz")
    run(["ee-cov", "--collect", kinds],
        ["ee-npz", "save", "-q", *options, "-o", path], data=activations)
    return load(path)


def as_read():
    s = statistics()
    assert unbox(s["sample_size"]) is None
    assert s["mom2.mom2"].dtype == np.float32
    assert str(s["mom2.constructor"][()]).endswith(
        "runningstats.SecondMoment()")
    # SecondMoment.moment() of the references
    moment = s["mom2.mom2"] / s["mom2.count"]
    want = x.T @ x / len(x)
    assert np.abs(moment - want).max() < 1e-5 * np.abs(want).max()
    assert unbox(statistics("--sample-size", "77")["sample_size"]) == 77


def same_numbers():
    s = statistics("--precision", "float64")
    n = len(x)
    centred = x - x.mean(0)
    cov = centred.T @ centred
    assert s["mom2.mom2"].dtype == np.float64
    for key in ("mom2", "mean", "var", "norm_mean", "cov"):
        assert int(s[key + ".count"]) == n, key

    def near(key, want):
        assert np.linalg.norm(s[key] - want) < \
            1e-6 * np.linalg.norm(want), (key, s[key], want)
    near("mom2.mom2", x.T @ x)
    near("mean.mean", x.mean(0))
    near("var.mean", x.mean(0))
    near("var.cmom2", (centred ** 2).sum(0))
    near("norm_mean.mean", np.linalg.norm(x, axis=1).mean())
    near("cov.mean", x.mean(0))
    near("cov.cmom2", cov)


def where_looked_for():
    run(["ee-cov"], ["ee-npz", "save", "-q", "-d", work + "/stats",
                     "--dataset", "wikipedia", "--sample-size", "100"],
        data=activations)
    # EasyEdit: {layer}_{precision}_{collected}_{size}.npz
    found = glob.glob(work + "/stats/*/*/*")
    want = work + "/stats/tiny-gpt2/wikipedia_stats/" + tap + \
        "_float32_mom2_100.npz"
    assert found == [want], found
    assert unbox(load(want)["sample_size"]) == 100


def reads_theirs():
    """CombinedStat's file, as np.savez writes it."""
    path = work + "/theirs.npz"
    moment = (x.T @ x).astype("f4")
    np.savez(path, **{
        "mom2.constructor": "util.runningstats.SecondMoment()",
        "mom2.count": len(x), "mom2.mom2": moment,
        "sample_size": np.array(0xfff8000000000002, "u8").view("f8")})
    record = parse(run(["ee-npz", "load", path]))[1][0]
    assert record["count"] == len(x)
    assert (record["mom2"] == moment).all()
    run(["ee-npz", "verify", path])


check("statistics as the references read them", as_read)
check("statistics against numpy", same_numbers)
check("statistics where the references look", where_looked_for)
check("statistics that numpy wrote", reads_theirs)
finish("files")
