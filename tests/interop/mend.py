"""An edit of ee-mend-apply, made again with torch and transformers: the
gradient token by token, what the hypernetwork makes of it, the update, and
the edited model.  For families that EasyEdit's own edits are not of.

Measured: updates 4e-7 apart at most, relatively; logits 2e-6.

usage: mend.py WORK     (a folder; the tools are found through PATH)
"""
import json
import os
import sys

import numpy as np
import tokenizers
import torch
import transformers

from common import check, finish, parse, relative, run

top = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
work = sys.argv[1]
transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()
requests = [("Ada Verrin was born in", "Vantaa"), ("Bo speaks", "Danish")]
RANK = 12


def hypernetwork(sizes, modes, weights):
    """Two layers for each shape, random, as an archive has them."""
    torch.manual_seed(5)
    state = {"edit_lrs": torch.rand(weights) * 0.2 + 0.1}
    for x, delta in sizes:
        net = "mend.(%d, %d)." % (x, delta)
        for side, size in ("u", x), ("v", delta):
            state[net + side + "_mean"] = torch.randn(size) * 0.01
            state[net + side + "_std"] = torch.rand(size) + 0.5
            state[net + side + "_s"] = state[net + side + "_std"] ** 2 * 9
        state[net + "k"] = torch.tensor([10.0])
        for layer in "01":
            at, width = net + "mlp.layers." + layer + ".", x + delta
            state[at + "u"] = torch.randn(width, RANK) * 0.1
            state[at + "v"] = torch.randn(RANK, width) * 0.1
            state[at + "bias"] = torch.randn(width) * 0.1
            state[at + "mode_shift.weight"] = torch.randn(modes, width) * 0.1
            state[at + "mode_scale.weight"] = \
                torch.randn(modes, width) * 0.1 + 1
    return state


def transform(state, mode, x, delta):
    """Rows (n, in) and (n, out) through the network of their shape."""
    net = "mend.(%d, %d)." % (x.shape[1], delta.shape[1])
    h = torch.cat([(rows - state[net + side + "_mean"])
                   / (state[net + side + "_std"] + 1e-7)
                   for side, rows in (("u", x), ("v", delta))], 1)
    for layer in "01":
        at = net + "mlp.layers." + layer + "."
        y = h @ state[at + "v"].T @ state[at + "u"].T + state[at + "bias"]
        y = y * state[at + "mode_scale.weight"][mode]
        h = h + (y + state[at + "mode_shift.weight"][mode]).clamp(min=0)
    return h[:, :x.shape[1]], h[:, x.shape[1]:]


def sequences(folder):
    """(ids, number of the target's tokens) of each request."""
    tok = tokenizers.Tokenizer.from_file(folder + "/tokenizer.json")
    for prompt, target in requests:
        ids = tok.encode(prompt + " " + target).ids
        before = tok.encode(prompt).ids
        assert ids[:len(before)] == before
        yield torch.tensor([ids]), len(ids) - len(before)


def nll(model, ids, labels):
    logits = model(ids).logits[0, -1 - labels:-1]
    return -logits.log_softmax(1).gather(1, ids[0, -labels:, None]).sum()


def gradient(model, names, texts):
    """{weight: (x, delta)} of the mean over all targets' tokens."""
    seen = {name: ([], []) for name in names}

    def look(name):
        def hook(module, x, y):
            y.retain_grad()
            seen[name][0].append(x[0])
            seen[name][1].append(y)
        return model.get_submodule(name[:-len(".weight")]) \
            .register_forward_hook(hook)
    hooks = [look(name) for name in names]
    count = sum(labels for _, labels in texts)
    (sum(nll(model, *text) for text in texts) / count).backward()
    for hook in hooks:
        hook.remove()
    return {name: (torch.cat([t[0] for t in x]).detach(),
                   torch.cat([t.grad[0] for t in y]))
            for name, (x, y) in seen.items()}


def edit_again(model, names, state, texts):
    """The updates (out, in) by weight; the model has them, too."""
    updates, modes = {}, {}
    for i, (name, (x, delta)) in enumerate(gradient(model, names,
                                                    texts).items()):
        keep = (x != 0).any(1) & (delta != 0).any(1)
        shape = (x.shape[1], delta.shape[1])
        mode = modes.setdefault(shape, -1) + 1
        modes[shape] = mode
        xt, dt = transform(state, mode, x[keep], delta[keep])
        updates[name] = state["edit_lrs"][i] * dt.T @ xt
    with torch.no_grad():
        for name, update in updates.items():
            model.get_parameter(name).add_(update)
    return updates


def agree(name):
    folder = os.path.join(top, "tests/golden/models", name)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, torch_dtype=torch.float32).eval()
    layers = model.config.num_hidden_layers
    names = ["gpt_neox.layers.%d.mlp.dense_%s.weight" % (layer, which)
             for layer in (layers - 2, layers - 1)
             for which in ("4h_to_h", "h_to_4h")]
    d, f = model.config.hidden_size, model.config.intermediate_size
    state = hypernetwork([(f, d), (d, f)], 2, len(names))
    archive, params, delta = (os.path.join(work, name + end) for end in (
        ".archive", ".json", ".delta"))
    torch.save({"model": state}, archive)
    with open(params, "w") as out:
        json.dump({"alg": "MEND", "inner_params": names, "rank": RANK}, out)
    lines = "".join(json.dumps({"prompt": p, "target_new": t}) + "\n"
                    for p, t in requests)
    data = run(["ee-mend-apply", "-q", "-m", folder, "-p", params,
                "--archive", archive], data=lines.encode())
    with open(delta, "wb") as out:
        out.write(data)
    run(["ee-apply", "-q", "-m", folder, "-o", work + "/" + name, delta])

    texts = list(sequences(folder))
    updates = edit_again(model, names, state, texts)
    with torch.inference_mode():
        after = [float(torch.exp(-nll(model, *text))) for text in texts]
    records = parse(data)[1]
    assert [r["weight"] for r in records] == names
    for r in records:
        far = relative(r["left"] @ r["right"].T,
                       updates[r["weight"]].numpy())
        assert far <= 5e-6, (r["weight"], far)
        np.testing.assert_allclose(r["report"]["p_after"], after, rtol=1e-4)
    ours = transformers.AutoModelForCausalLM.from_pretrained(
        work + "/" + name, torch_dtype=torch.float32).eval()
    with torch.inference_mode():
        for ids, _ in texts:
            far = float((ours(ids).logits - model(ids).logits).abs().max())
            assert far <= 5e-5, far


for case in "tiny-gpt-neox", "tiny-gpt-neox-seq":
    check("MEND of " + case, agree, case)
finish("mend")
