"""One job of EasyEdit, timed: python peer.py CHECKOUT < job.json > took.jsonl

Only the call of the method is timed: not Python's start, not the loading of
the model, which is in float32 as EasyEdit's editor has it by default, whatever
the file is in (its trainer takes what the file has).  EasyEdit's packages
import every method and what it needs; here their __init__ files are left out,
and the modules are used as they are.
"""
import contextlib
import importlib
import io
import json
import os
import resource
import sys
import time
import types

PACKAGES = ("", "models", "models.rome", "models.memit", "models.mend",
            "util", "dataset", "trainer", "trainer.algs",
            "trainer.algs.higher_utils", "trainer.training_hparams")
SAID = io.StringIO()    # what EasyEdit prints: a line for each step, as well


def packages(checkout):
    """Name EasyEdit's packages without running what is in them."""
    for name in PACKAGES:
        full = ".".join(["easyeditor"] + ([name] if name else []))
        module = types.ModuleType(full)
        module.__path__ = [os.path.join(checkout, *full.split("."))]
        sys.modules[full] = module
    mend = load("trainer.algs.MEND")
    sys.modules["easyeditor.trainer"].MEND = mend.MEND
    table = types.ModuleType("easyeditor.util.alg_train_dict")
    table.ALG_TRAIN_DICT = {"MEND": mend.MEND}
    sys.modules[table.__name__] = table


def load(name):
    return importlib.import_module("easyeditor." + name)


def timed(call):
    start = time.perf_counter()
    value = call()
    return time.perf_counter() - start, value


def restore(model, kept):
    import torch
    with torch.no_grad():
        for name, weight in kept.items():
            model.get_parameter(name).copy_(weight)


def searched():
    """Steps of searches since it was last asked."""
    steps = SAID.getvalue().count("avg prob of")
    SAID.seek(0)
    SAID.truncate()
    return steps


def figure(n, seconds, units, **more):
    """What n of a job took; units: how many edits, steps or tokens."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return dict(more, n=n, seconds=seconds, units=units, rss_mib=peak)


def one_by_one(job, model, edit):
    """Facts in turn, each on the model as it was, until the limit has passed;
    edit(request) returns the weights to put back."""
    spent = steps = 0
    for n, request in enumerate(job["requests"][:max(job["counts"])], 1):
        seconds, kept = timed(lambda: edit(request))
        restore(model, kept)
        spent += seconds
        steps += searched()
        if n in job["counts"]:
            yield figure(n, spent, n, steps=steps)
        if spent > job["limit"]:
            break


def rome(job, model, tok):
    main = load("models.rome.rome_main")
    hparams = load("models.rome.rome_hparams")
    main.CONTEXT_TEMPLATES_CACHE = job["templates"]
    params = hparams.ROMEHyperParams(**job["hparams"])
    return one_by_one(job, model, lambda request: main.apply_rome_to_model(
        model, tok, [request], params, return_orig_weights=True)[1])


def memit(job, model, tok):
    main = load("models.memit.memit_main")
    hparams = load("models.memit.memit_hparams")
    main.CONTEXT_TEMPLATES_CACHE = [job["templates"][:1], job["templates"][1:]]
    params = hparams.MEMITHyperParams(**job["hparams"])
    spent = 0
    for n in job["counts"]:
        seconds, (_, kept) = timed(lambda: main.apply_memit_to_model(
            model, tok, job["requests"][:n], params, return_orig_weights=True))
        restore(model, kept)
        yield figure(n, seconds, n, steps=searched())
        spent += seconds
        if spent > job["limit"]:
            break


def stats(job, model, tok):
    """A pass for each layer; writing the file is timed apart."""
    import numpy as np
    layer_stats = load("models.rome.layer_stats")
    running = load("util.runningstats")
    with open(job["corpus"], encoding="utf-8") as lines:
        texts = [{"text": line} for line in lines.read().splitlines()]
    layer_stats.load_dataset = lambda name, config: {"train": texts}
    save = running.save_cached_state
    written = []
    running.save_cached_state = lambda *what: written.append(
        timed(lambda: save(*what))[0])
    for layer in job["counts"]:
        folder = os.path.join(job["stats_dir"], str(layer))
        seconds, _ = timed(lambda: layer_stats.layer_stats(
            model, tok, job["module"].format(layer), folder, "wikipedia",
            ["mom2"], sample_size=len(texts), precision="float32",
            hparams=types.SimpleNamespace(device="cpu"),
            progress=lambda x, total=None: x))
        found, = (os.path.join(at, name) for at, _, names in
                  os.walk(folder) for name in names)
        yield figure(layer, seconds - written[-1],
                     int(np.load(found)["mom2.count"]), write=written[-1])
        os.remove(found)


def mend_edit(job, model, tok):
    main = load("models.mend.mend_main")
    hparams = load("models.mend.mend_hparams")
    params = hparams.MENDHyperParams(**job["hparams"])
    tok.padding_side = "left"
    editor = main.MendRewriteExecutor()
    start, _ = timed(lambda: editor.init_model(model, tok, params))
    for took in one_by_one(job, model, lambda request: editor.apply_to_model(
            model, tok, [request], params, return_orig_weights=True)[1]):
        yield dict(took, start=start)


def mend_train(job, model, tok):
    """Steps after the first, of one example each."""
    import torch
    for name in ("max_memory_allocated", "max_memory_reserved"):
        setattr(torch.cuda, name, lambda *_: 0)
    trainer = load("trainer.EditTrainer")
    hparams = load("trainer.training_hparams.mend_training_hparams")
    zsre = load("dataset.zsre")
    params = hparams.MENDTrainingHparams(**job["hparams"])
    data = zsre.ZsreDataset(job["train"], config=params)
    run = trainer.EditTrainer(params, data, data)
    steps, = job["counts"]
    seconds = []
    for step in range(steps + 1):
        run.global_iter = step + 1
        batch = data.collate_gpt_fn([data[step % len(data)]])
        seconds.append(timed(lambda: run.train_step(batch))[0])
        if sum(seconds) > job["limit"] and step > 0:
            break
    yield figure(steps, sum(seconds[1:]), len(seconds) - 1,
                 dtype=dtype(run.model.model))


def dtype(model):
    return str(next(model.parameters()).dtype).replace("torch.", "")


JOBS = {"rome": rome, "memit": memit, "stats": stats, "mend-edit": mend_edit,
        "mend-train": mend_train}


def main():
    job = json.load(sys.stdin)
    os.environ["OMP_NUM_THREADS"] = str(job["threads"])
    import torch
    import transformers
    torch.set_num_threads(job["threads"])
    transformers.logging.set_verbosity_error()
    out = sys.stdout
    with contextlib.redirect_stdout(SAID), contextlib.redirect_stderr(SAID):
        packages(sys.argv[1])
        tok = transformers.PreTrainedTokenizerFast.from_pretrained(
            job["model"])
        tok.pad_token_id = tok.eos_token_id
        tok.padding_side = "right"
        model, about = None, {}
        if job["what"] != "mend-train":
            model = transformers.AutoModelForCausalLM.from_pretrained(
                job["model"], dtype=torch.float32).eval()
            model.config._name_or_path = job["name"]
            model(**tok("warm", return_tensors="pt"))
            about["dtype"] = dtype(model)
        about["with"] = "torch %s, transformers %s" % (
            torch.__version__, transformers.__version__)
        for took in JOBS[job["what"]](job, model, tok):
            print(json.dumps(dict(about, **took)), file=out, flush=True)


if __name__ == "__main__":
    main()
