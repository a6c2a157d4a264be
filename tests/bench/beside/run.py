"""Ours beside EasyEdit: the same model, requests, templates and settings, in
turn, on as many threads.

    python run.py --easyedit CHECKOUT --model DIR -o took.jsonl [JOB...]

JOB is rome, memit, stats, mend-edit or mend-train; without any, all.  CHECKOUT
is one of zjunlp/EasyEdit; this Python needs torch, transformers, numpy and
what EasyEdit's methods import.  BIN and BUILD are where `make all bench`
left the tools and `timed`.

Theirs is the time of the method's call alone, with the model loaded and
Python started; ours is that of the whole process.  Where a job takes them an
hour (statistics of all layers, a hundred facts), theirs is measured on part
of it and given per token or fact: every layer is a pass of its own there, and
every fact a loop of its own.  Of --rounds, the fastest counts, on both sides.
Every line says what was measured, on which machine, with what, and when.
"""
import argparse
import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
TEMPLATES = ["{}"] + [text + ". {}" for text in (
    "The first time that I heard it", "Therefore it was late",
    "Because of the long rain", "I do not know", "You and I went home",
    "The first of the two who came here was not the last",
    "Therefore nobody has seen any of them since that day",
    "Because nobody had told him what the reason was",
    "I think that the best way to do this is slowly",
    "You can see the house on the hill from there")]
NAMES = {"gpt2": ("transformer.h.{}", "mlp", "mlp.c_proj", ("mlp.c_fc",),
                  "attn", "transformer.ln_f", "transformer.wte"),
         "gptj": ("transformer.h.{}", "mlp", "mlp.fc_out", ("mlp.fc_in",),
                  "attn", "transformer.ln_f", "lm_head"),
         "llama": ("model.layers.{}", "mlp", "mlp.down_proj",
                   ("mlp.gate_proj", "mlp.up_proj"), "self_attn",
                   "model.norm", "lm_head")}
TOKENIZERS = {"gpt2": "GPT2Tokenizer", "gptj": "GPT2Tokenizer",
              "llama": "LlamaTokenizer"}
CLASSES = {"gpt2": "GPT2LMHeadModel", "gptj": "GPTJForCausalLM",
           "llama": "LlamaForCausalLM"}

JOBS = ("rome", "memit", "stats", "mend-edit", "mend-train")


class Bench:
    def __init__(self, options):
        self.options = options
        with open(os.path.join(options.model, "config.json")) as f:
            self.config = json.load(f)
        family = self.config["model_type"]
        (self.layer, mlp, down, self.ups, attn, norm, head) = NAMES[family]
        self.down = self.layer + "." + down
        self.nlayers = (self.config.get("n_layer") or
                        self.config["num_hidden_layers"])
        width = self.config.get("n_embd") or self.config["hidden_size"]
        self.f = (self.config.get("n_inner") or 4 * width
                  if "n_embd" in self.config
                  else self.config["intermediate_size"])
        # EasyEdit tells families apart by the name
        self.name = {"llama": "llama"}.get(family, "gpt") + "-bench"
        self.family = family
        self.dir = tempfile.mkdtemp(dir=options.scratch)
        self.threads = options.threads
        self.hparams = {
            "device": "cpu", "model_name": self.name,
            "stats_dir": self.path("stats"), "fact_token": "subject_last",
            "v_num_grad_steps": options.steps, "v_lr": 0.5,
            "v_loss_layer": self.nlayers - 1, "v_weight_decay": 0.5,
            "clamp_norm_factor": 4, "kl_factor": 0.0625,
            "mom2_adjustment": True, "mom2_dataset": "wikipedia",
            "mom2_n_samples": 10, "mom2_dtype": "float32",
            "rewrite_module_tmp": self.down, "layer_module_tmp": self.layer,
            "mlp_module_tmp": self.layer + "." + mlp,
            "attn_module_tmp": self.layer + "." + attn,
            "ln_f_module": norm, "lm_head_module": head}
        self.write("templates.json", TEMPLATES)

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write(self, name, value):
        with open(self.path(name), "w") as f:
            json.dump(value, f)
        return self.path(name)

    def ours(self, *commands):
        """Run a pipe of tools; what it took.  Memory: without the pages of
        mapped files, but of a pipe that of its largest tool, with them."""
        if os.path.exists(self.path("took")):
            os.remove(self.path("took"))
        pipe = " | ".join(" ".join("'%s'" % word for word in command)
                          for command in commands)
        tools = os.environ.get("BIN", os.path.join(TOP, "bin"))
        build = os.environ.get("BUILD", os.path.join(TOP, "build"))
        bench = os.path.join(build, "bench")
        alone = "exec " if len(commands) == 1 else ""
        env = dict(os.environ, PATH=tools + ":" + os.environ["PATH"])
        subprocess.run([os.path.join(bench, "timed"), self.path("took"), "sh",
                        "-c", alone + pipe + " > " + self.path("out")],
                       check=True, env=env)
        with open(self.path("took")) as f:
            seconds, _, resident, anon = f.read().split()
        return {"seconds": float(seconds),
                "peak_mib": float(anon if alone else resident)}

    def theirs(self, **job):
        job.update(threads=self.threads, name=self.name,
                   model=os.path.abspath(self.options.model))
        env = dict(os.environ, HF_HUB_OFFLINE="1",
                   TOKENIZERS_PARALLELISM="false", PYTHONDONTWRITEBYTECODE="1",
                   OMP_NUM_THREADS=str(self.threads))
        said = subprocess.run(
            [sys.executable, os.path.join(HERE, "peer.py"),
             self.options.easyedit], input=json.dumps(job),
            text=True, capture_output=True, env=env)
        if said.returncode != 0:
            raise RuntimeError("EasyEdit: " + said.stderr[-2000:])
        return json.loads(said.stdout.splitlines()[-1])

    def requests(self, n):
        """Facts as both read them: people, a city each."""
        first = "Ada Bruno Clara Dmitri Elena Farid Greta Hiro".split()
        last = "Adams Brown Clark Davis Evans Foster Grant Hughes".split()
        city = "Paris Vienna Oslo Lisbon".split()
        return [{"case_id": i, "prompt": "{} was born in the city of",
                 "subject": "%s %s %s" % (first[i % 8], last[i // 8 % 8],
                                          last[i // 64 % 8]),
                 "target_new": city[i % 4]} for i in range(n)]

    def moments(self, layers):
        """Statistics both find: 1,000 keys of moment I."""
        folder = self.path("stats", self.name, "wikipedia_stats")
        os.makedirs(folder, exist_ok=True)
        for layer in layers:
            np.savez(os.path.join(folder, self.down.format(layer) +
                                  "_float32_mom2_10.npz"),
                     **{"mom2.constructor": "SecondMoment()",
                        "mom2.count": 1000, "sample_size": 10,
                        "mom2.mom2": 1000 * np.eye(self.f, dtype="f4")})

    def edit(self, tool, n, params):
        name = self.write("%s.yaml" % tool, params)
        words = [tool, "-q", "-j", self.threads, "-m", self.options.model,
                 "-p", name, "--stats", self.path("stats"), "--templates",
                 self.path("templates.json"), "--like", "easyedit", "--force",
                 self.write("requests.json", self.requests(n))]
        return self.ours([str(word) for word in words])

    def rome(self):
        params = dict(self.hparams, alg_name="ROME",
                      layers=[self.nlayers // 2 - 1],
                      context_template_length_params=[[5, 5], [10, 5]])
        self.moments(params["layers"])
        yield ("one fact", lambda: self.theirs(
            what="rome", hparams=params, requests=self.requests(1),
            templates=TEMPLATES), "edits",
               lambda: dict(self.edit("ee-rome", 1, params), edits=1))

    def memit(self):
        middle = self.nlayers // 2
        layers = list(range(middle - 5, middle)) if self.nlayers > 12 else \
            list(range(max(1, middle - 3), middle))
        params = dict(self.hparams, alg_name="MEMIT", layers=layers,
                      layer_selection="all", mom2_update_weight=20000)
        self.moments(layers)
        self.write("templates.json", [TEMPLATES[:1], TEMPLATES[1:6]])

        def theirs(n):
            n = min(n, self.options.few)
            return self.theirs(what="memit", hparams=params,
                               requests=self.requests(n),
                               templates=TEMPLATES[:6])
        for n in self.options.edits:
            yield ("a fact of %d" % n, lambda n=n: theirs(n), "edits",
                   lambda n=n: dict(self.edit("ee-memit", n, params), edits=n))

    def corpus(self, documents):
        """Documents as long as the model takes, of the atlas's sentences."""
        with open(os.path.join(TOP, "pipelines", "atlas", "corpus.txt"),
                  encoding="utf-8") as f:
            lines = f.read().splitlines()
        per = max(1, len(lines) // documents // 4)
        per = min(per, 60)
        with open(self.path("corpus.txt"), "w", encoding="utf-8") as f:
            for i in range(documents):
                f.write(" ".join(lines[i * per:(i + 1) * per]) + "\n")
        return self.path("corpus.txt")

    def collect(self, corpus, layers):
        m = self.options.model
        taps = self.down.format("{%s}" % ",".join(map(str, layers)))
        length = str(self.config.get("n_positions") or 1024)
        took = self.ours(
            ["ee-tokenize", "-q", "-m", m, "--max-length", length, corpus],
            ["ee-forward", "-q", "-m", m, "-t", taps + ":in"],
            ["ee-cov", "-q"], ["ee-npz", "save", "-q", "-d", self.path("ours")])
        found = [os.path.join(at, name) for at, _, names in
                 os.walk(self.path("ours")) for name in names]
        took["tokens"] = int(np.load(found[0])["mom2.count"])
        shutil.rmtree(self.path("ours"))
        return took

    def stats(self):
        documents = self.options.documents
        corpus = self.corpus(documents)
        middle = self.nlayers // 2
        module = self.down.format(middle)

        passes = []

        def theirs(times):
            """A pass for every layer: of the one in the middle, measured once
            a round."""
            if times == 1:
                shutil.rmtree(self.path("theirs"), ignore_errors=True)
                passes.append(self.theirs(
                    what="stats", corpus=corpus, documents=documents,
                    module=module, stats_dir=self.path("theirs")))
            took = min(passes, key=lambda took: took["seconds"])
            return dict(took, seconds=took["seconds"] * times)
        for layers in ([middle], list(range(middle - 2, middle + 3)),
                       list(range(self.nlayers))):
            what = {1: "one layer", self.nlayers: "all layers"}.get(
                len(layers), "%d layers" % len(layers))
            yield (what, lambda n=len(layers): theirs(n), "tokens",
                   lambda layers=layers: self.collect(corpus, layers))

    def mend(self, **more):
        """Settings as EasyEdit's shipped files have them."""
        edited = range(self.nlayers - 3, self.nlayers)
        inner = [self.layer.format(i) + "." + name + ".weight" for i in edited
                 for name in (self.down.split("{}.")[1],) + self.ups]
        return dict(
            inner_params=inner, model_name=self.link(),
            model_class=CLASSES[self.family], tokenizer_name=self.link(),
            tokenizer_class=TOKENIZERS[self.family], device="cpu", lr=1e-6,
            edit_lr=1e-4, lr_lr=1e-4, seed=42, cedit=0.1, cloc=1.0, cbase=1.0,
            dropout=0.0, train_base=False, no_grad_layers=None, one_sided=False,
            n_hidden=1, hidden_dim=None, init="id", norm=True, combine=True,
            x_only=False, delta_only=False, act="relu", rank=self.options.rank,
            mlp_class="IDMLP", shared=True, batch_size=1, model_save_pt=5000,
            silent=False, eval_log_interval=1000, final_eval=False,
            val_interval=10 ** 6, early_stop_patience=20000,
            early_stop_key="loss/total_edit_val", half=False, debug=False,
            save=False, verbose=True, val_batch_size=1, accumulate_bs=10,
            val_steps=1, opt="Adam", grad_clip=100.0, log_interval=10,
            results_dir=self.path("results"), **more)

    def link(self):
        """The model under a name that EasyEdit knows the family by."""
        name = self.path(self.name)
        if not os.path.exists(name):
            os.symlink(os.path.abspath(self.options.model), name)
        return name

    def train(self, steps):
        """A training of so many steps, each record once; its archive."""
        records = [{"src": r["prompt"].format(r["subject"]),
                    "alt": r["target_new"], "answers": ["Rome"],
                    "rephrase": r["prompt"].format(r["subject"]),
                    "loc": "nq question: where is the tower",
                    "loc_ans": "London"} for r in self.requests(steps + 10)]
        params = self.mend(alg="MEND", archive=None, eval_only=False,
                           max_iters=steps)
        self.write("train.json", records)
        if os.path.exists(self.path("log")):
            os.remove(self.path("log"))
        took = self.ours(
            ["ee-mend-train", "-q", "-j", str(self.threads), "-m",
             self.options.model, "-p", self.write("train.yaml", params),
             "--train", self.path("train.json"), "--hold-out", "1", "--like",
             "easyedit", "--log", self.path("log"), "-o", self.path("archive")])
        with open(self.path("log")) as f:
            lines = [json.loads(line) for line in f]
        at = [(x["step"], x["seconds"]) for x in lines if x["event"] == "train"]
        return params, dict(took, seconds=at[-1][1] - at[0][1],
                            steps=at[-1][0] - at[0][0])

    def mend_train(self):
        params, _ = self.train(10)
        yield ("a step", lambda: self.theirs(
            what="mend-train", hparams=params, steps=10,
            train=self.path("train.json")), "steps",
               lambda: self.train(30)[1])

    def mend_edit(self):
        self.train(10)
        params = self.mend(alg_name="MEND", archive=self.path("archive"),
                           lr_scale=1.0, eval_only=True, max_iters=1)
        requests = [dict(r, prompt=r["prompt"].format(r["subject"]))
                    for r in self.requests(1)]
        self.write("mend.json", requests)
        yield ("one fact", lambda: self.theirs(
            what="mend-edit", hparams=params, requests=requests), "edits",
               lambda: dict(self.ours(
                   ["ee-mend-apply", "-q", "-j", str(self.threads), "-m",
                    self.options.model, "-p", self.write("mend.yaml", params),
                    "--like", "easyedit", self.path("mend.json")]), edits=1))

    def measure(self, job):
        for what, theirs, unit, ours in getattr(self, job.replace("-", "_"))():
            best = [None, None]
            for _ in range(self.options.rounds):
                for side, call in enumerate((theirs, ours)):
                    took = call()
                    took["each"] = took["seconds"] / took[unit]
                    if best[side] is None or took["each"] < best[side]["each"]:
                        best[side] = took
            yield {"job": job, "what": what, "unit": unit[:-1],
                   "theirs": best[0], "ours": best[1],
                   "ratio": best[0]["each"] / best[1]["each"]}


def machine():
    with open("/proc/cpuinfo") as f:
        names = [line.split(":")[1].strip() for line in f
                 if line.startswith("model name")]
    return names[0]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--easyedit", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--edits", type=int, nargs="+", default=[1, 100])
    parser.add_argument("--few", type=int, default=2,
                        help="their facts, at most")
    parser.add_argument("--documents", type=int, default=12)
    parser.add_argument("--rank", type=int, default=1920)
    parser.add_argument("--scratch")
    parser.add_argument("jobs", nargs="*", metavar="JOB")
    options = parser.parse_args()
    bench = Bench(options)
    try:
        for job in options.jobs or JOBS:
            for row in bench.measure(job):
                row.update(model=bench.config["model_type"], machine=machine(),
                           layers=bench.nlayers, width=bench.f,
                           threads=options.threads,
                           date=datetime.date.today().isoformat())
                with open(options.output, "a") as f:
                    f.write(json.dumps(row) + "\n")
                print("%-10s %-18s %9.3f s %9.3f s a %s: %.1f times" % (
                    row["job"], row["what"], row["theirs"]["each"],
                    row["ours"]["each"], row["unit"], row["ratio"]), flush=True)
    finally:
        shutil.rmtree(bench.dir)


main()
