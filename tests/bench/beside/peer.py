"""One job of EasyEdit, timed: python peer.py CHECKOUT < job.json > took.json

Only the call of the method is timed: not Python's start, not the loading of
the model.  EasyEdit's packages import every method and what it needs; here
their __init__ files are left out, and the modules are used as they are.
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


def rome(job, model, tok):
    main = load("models.rome.rome_main")
    hparams = load("models.rome.rome_hparams")
    main.CONTEXT_TEMPLATES_CACHE = job["templates"]
    params = hparams.ROMEHyperParams(**job["hparams"])
    seconds = [timed(lambda: main.apply_rome_to_model(
        model, tok, [request], params))[0] for request in job["requests"]]
    return {"seconds": sum(seconds), "edits": len(seconds)}


def memit(job, model, tok):
    main = load("models.memit.memit_main")
    hparams = load("models.memit.memit_hparams")
    main.CONTEXT_TEMPLATES_CACHE = [job["templates"][:1], job["templates"][1:]]
    params = hparams.MEMITHyperParams(**job["hparams"])
    seconds, _ = timed(lambda: main.apply_memit_to_model(
        model, tok, job["requests"], params))
    return {"seconds": seconds, "edits": len(job["requests"])}


def stats(job, model, tok):
    import numpy as np
    layer_stats = load("models.rome.layer_stats")
    with open(job["corpus"], encoding="utf-8") as lines:
        texts = [{"text": line} for line in lines.read().splitlines()]
    texts = texts[:job["documents"]]
    layer_stats.load_dataset = lambda name, config: {"train": texts}
    seconds, _ = timed(lambda: layer_stats.layer_stats(
        model, tok, job["module"], job["stats_dir"], "wikipedia", ["mom2"],
        sample_size=len(texts), precision="float32",
        hparams=types.SimpleNamespace(device="cpu"),
        progress=lambda x, total=None: x))
    found = [os.path.join(at, name) for at, _, names in
             os.walk(job["stats_dir"]) for name in names]
    tokens = int(np.load(found[0])["mom2.count"])
    return {"seconds": seconds, "tokens": tokens}


def mend_edit(job, model, tok):
    main = load("models.mend.mend_main")
    hparams = load("models.mend.mend_hparams")
    params = hparams.MENDHyperParams(**job["hparams"])
    tok.padding_side = "left"
    editor = main.MendRewriteExecutor()
    start, _ = timed(lambda: editor.init_model(model, tok, params))
    seconds, _ = timed(lambda: editor.apply_to_model(
        model, tok, job["requests"][:1], params))
    return {"seconds": seconds, "edits": 1, "start": start}


def mend_train(job, model, tok):
    """Steps after the first; each of accumulate_bs examples of one."""
    import torch
    zero = lambda *_: 0
    torch.cuda.max_memory_allocated = torch.cuda.max_memory_reserved = zero
    trainer = load("trainer.EditTrainer")
    hparams = load("trainer.training_hparams.mend_training_hparams")
    zsre = load("dataset.zsre")
    params = hparams.MENDTrainingHparams(**job["hparams"])
    data = zsre.ZsreDataset(job["train"], config=params)
    run = trainer.EditTrainer(params, data, data)
    seconds = []
    for step in range(job["steps"] + 1):
        run.global_iter = step + 1
        batch = data.collate_gpt_fn([data[step % len(data)]])
        seconds.append(timed(lambda: run.train_step(batch))[0])
    return {"seconds": sum(seconds[1:]), "steps": job["steps"]}


JOBS = {"rome": rome, "memit": memit, "stats": stats, "mend-edit": mend_edit,
        "mend-train": mend_train}


def main():
    job = json.load(sys.stdin)
    os.environ["OMP_NUM_THREADS"] = str(job["threads"])
    import torch
    import transformers
    torch.set_num_threads(job["threads"])
    transformers.logging.set_verbosity_error()
    quiet = io.StringIO()
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        packages(sys.argv[1])
        tok = transformers.PreTrainedTokenizerFast.from_pretrained(job["model"])
        tok.pad_token_id = tok.eos_token_id
        tok.padding_side = "right"
        model = None
        if job["what"] != "mend-train":
            model = transformers.AutoModelForCausalLM.from_pretrained(
                job["model"], dtype=torch.float32).eval()
            model.config._name_or_path = job["name"]
        took = JOBS[job["what"]](job, model, tok)
    took["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    took["with"] = "torch %s, transformers %s" % (
        torch.__version__, transformers.__version__)
    print(json.dumps(took))


if __name__ == "__main__":
    main()
