"""Against transformers: activations and logits of every family, edited
folders, and statistics made with pipelines/swap/forward.py.

usage: models.py WORK     (a folder; the tools are found through PATH)
"""
import glob
import json
import os
import sys

import numpy as np
import torch
import transformers

from common import check, finish, parse, relative, rows, run, stream

top = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
corpus = os.path.join(top, "tests/golden/inputs/corpus.txt")
atlas = os.path.join(top, "pipelines/atlas")
work = sys.argv[1]
transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()


def tokenize(model, text, documents):
    lines = open(text, "rb").readlines()[:documents]
    return run(["ee-tokenize", "-q", "-m", model], data=b"".join(lines))


def random_tokens(model):
    """For a model without a tokenizer."""
    with open(model + "/config.json") as f:
        config = json.load(f)
    rng = np.random.default_rng(1)
    most = min(config["max_position_embeddings"], 100)
    return stream("tokens", [
        {"id": i, "ids": rng.integers(0, config["vocab_size"], n, "i4")}
        for i, n in enumerate((1, 2, 17, most, most))])


def logits_of(folder, tokens):
    """{document: logits} of transformers, in float32."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    model = model.float().eval()
    with torch.inference_mode():
        return {r["id"]: model(torch.tensor(r["ids"].astype("i8"))[None])
                .logits[0].numpy() for r in parse(tokens)[1]}


def agree(ours, theirs, tolerance):
    assert ours.keys() == theirs.keys() and ours
    for doc in ours:
        assert ours[doc].shape == theirs[doc].shape
        far = np.abs(ours[doc] - theirs[doc]).max()
        assert far <= tolerance, (doc, far)


def family(model):
    has = glob.glob(model + "/tokenizer.json")
    tokens = tokenize(model, corpus, 40) if has else random_tokens(model)
    ours = rows(run(["ee-forward", "-m", model, "-t", "logits"],
                    data=tokens), "logits")
    agree(ours, logits_of(model, tokens), 2e-4)


def edited(model, hparams, request, text):
    """The folder that ee-apply writes is, to transformers, the model that
    -e makes of the old one, and not the old one."""
    out = os.path.join(work, "edited-" + os.path.basename(model))
    delta, tokens = out + ".ee", tokenize(model, text, 20)
    with open(delta, "wb") as f:
        f.write(run(["ee-rome", "-q", "-m", model, "-p", hparams, "-"],
                    data=json.dumps(request).encode()))
    run(["ee-apply", "-q", "-m", model, "-o", out, delta])
    tapped = ["-t", "logits"]
    on_the_fly = rows(run(["ee-forward", "-m", model, "-e", delta, *tapped],
                          data=tokens), "logits")
    applied = rows(run(["ee-forward", "-m", out, *tapped], data=tokens),
                   "logits")
    theirs = logits_of(out, tokens)
    agree(applied, theirs, 2e-4)
    # the folder holds the weight rounded to its container's dtype
    half = any(t.dtype == torch.float16 for t in
               transformers.AutoModelForCausalLM.from_pretrained(
                   out, dtype="auto").state_dict().values())
    agree(on_the_fly, theirs, 5e-3 if half else 2e-4)
    before = logits_of(model, tokens)
    assert max(np.abs(before[d] - theirs[d]).max() for d in before) > 0.01
    # and back
    run(["ee-apply", "-q", "-m", out, "-R", "-o", out + "-back", delta])
    agree(logits_of(out + "-back", tokens), before, 0)


def small_hparams():
    path = os.path.join(work, "small.yaml")
    with open(path, "w") as f:
        f.write("""layers: [1]
fact_token: subject_last
v_num_grad_steps: 10
v_lr: 5e-1
v_loss_layer: 3
v_weight_decay: 0.5
clamp_norm_factor: 4
kl_factor: 0.0625
mom2_adjustment: false
rewrite_module_tmp: transformer.h.{}.mlp.c_proj
""")
    return path


def swapped():
    """The stage in Python makes the statistics that ee-forward makes."""
    model = atlas + "/atlas-gpt2"
    taps = ["-t", "transformer.h.{1-2}.mlp.c_proj:in",
            "-t", "transformer.h.2.mlp:out", "-t", "transformer.h.0:out",
            "-t", "transformer.h.1.attn:in"]
    tokens = tokenize(model, atlas + "/corpus.txt", 300)
    made = {}
    for name, stage in (
            ("c", ["ee-forward"]),
            ("python", [sys.executable, top + "/pipelines/swap/forward.py"])):
        stats = os.path.join(work, "swap-" + name)
        run(stage + ["-m", model] + taps, ["ee-cov", "--collect", "mom2,mean"],
            ["ee-npz", "save", "-q", "-d", stats, "--dataset", "atlas"],
            data=tokens)
        made[name] = {os.path.basename(f): np.load(f) for f in
                      glob.glob(stats + "/atlas-gpt2/atlas_stats/*.npz")}
    assert made["c"].keys() == made["python"].keys()
    assert len(made["c"]) == 5, list(made["c"])
    for name, ours in made["c"].items():
        theirs = made["python"][name]
        assert ours["mom2.count"] == theirs["mom2.count"]
        assert ours["ee.documents"] == theirs["ee.documents"] == 300
        for key in ("mom2.mom2", "mean.mean"):
            far = relative(theirs[key], ours[key])
            assert far <= 1e-5, (name, key, far)


def swapped_cut():
    """It fails where the stage before has failed."""
    import subprocess
    model = atlas + "/atlas-gpt2"
    tokens = tokenize(model, atlas + "/corpus.txt", 20)
    done = subprocess.run(
        [sys.executable, top + "/pipelines/swap/forward.py", "-m", model,
         "-t", "transformer.h.0:out"], input=tokens[:-30],
        capture_output=True)
    assert done.returncode == 1 and b"cut short" in done.stderr, done.stderr
    done = subprocess.run(["ee-cov"], input=done.stdout, capture_output=True)
    assert done.returncode == 1 and done.stdout == b"", done.stderr


for folder in sorted(glob.glob(top + "/tests/golden/models/tiny-*") +
                     glob.glob(atlas + "/atlas-*")):
    check("logits of " + os.path.basename(folder), family, folder)
check("tiny-gpt2, edited", edited, top + "/tests/golden/models/tiny-gpt2",
      small_hparams(), {"prompt": "{} is in", "subject": "Brno",
                        "target_new": "Iowa"}, corpus)
check("atlas-gpt2, edited", edited, atlas + "/atlas-gpt2",
      small_hparams(), {"prompt": "{} holds the citizenship of",
                        "subject": "Aaron Copland", "target_new": "France"},
      atlas + "/corpus.txt")
check("pipelines/swap/forward.py", swapped)
check("pipelines/swap/forward.py, cut", swapped_cut)
finish("models")
