"""The jobs that run.py measures, of one model.

Each job is a method of Bench that takes the numbers to measure theirs and ours
for, and yields figures as run.py describes them.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
BIN = os.environ.get("BIN", os.path.join(TOP, "bin"))
BUILD = os.environ.get("BUILD", os.path.join(TOP, "build"))
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
MANY_STEPS = 3


class Bench:
    """A model, and a folder for what is made of it."""

    def __init__(self, options, model, sizes):
        self.options = options
        self.model = os.path.abspath(model)
        self.steps, self.few, self.documents, self.rank = sizes
        with open(os.path.join(self.model, "config.json")) as f:
            self.config = json.load(f)
        self.family = self.config["model_type"]
        (self.layer, mlp, down, self.ups, attn, norm, head) = \
            NAMES[self.family]
        self.down = self.layer + "." + down
        self.nlayers = (self.config.get("n_layer") or
                        self.config["num_hidden_layers"])
        width = self.config.get("n_embd") or self.config["hidden_size"]
        self.f = (self.config.get("n_inner") or 4 * width
                  if "n_embd" in self.config
                  else self.config["intermediate_size"])
        # EasyEdit tells families apart by the name
        self.name = {"llama": "llama"}.get(self.family, "gpt") + "-bench"
        self.dir = tempfile.mkdtemp(dir=options.scratch)
        self.hparams = {
            "device": "cpu", "model_name": self.name,
            "stats_dir": self.path("stats"), "fact_token": "subject_last",
            "v_num_grad_steps": self.steps, "v_lr": 1e-6,
            "v_loss_layer": self.nlayers - 1, "v_weight_decay": 0.5,
            "clamp_norm_factor": 4, "kl_factor": 0.0625,
            "mom2_adjustment": True, "mom2_dataset": "wikipedia",
            "mom2_n_samples": 10, "mom2_dtype": "float32",
            "rewrite_module_tmp": self.down, "layer_module_tmp": self.layer,
            "mlp_module_tmp": self.layer + "." + mlp,
            "attn_module_tmp": self.layer + "." + attn,
            "ln_f_module": norm, "lm_head_module": head}

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write(self, name, value):
        with open(self.path(name), "w") as f:
            json.dump(value, f)
        return self.path(name)

    def run(self, *commands, given=os.devnull, out="out"):
        """Run a pipe of tools; what it took, and what it said.  Resident
        memory is, of a pipe, that of its largest tool."""
        if os.path.exists(self.path("took")):
            os.remove(self.path("took"))
        pipe = " | ".join(" ".join("'%s'" % word for word in command)
                          for command in commands)
        alone = "exec " if len(commands) == 1 else ""
        env = dict(os.environ, PATH=BIN + ":" + os.environ["PATH"])
        with open(given) as f:
            said = subprocess.run(
                [os.path.join(BUILD, "bench", "timed"), self.path("took"),
                 "sh", "-c", alone + pipe + " > " + self.path(out)],
                text=True, stdin=f, capture_output=True, env=env)
        if said.returncode != 0:
            raise RuntimeError(said.stderr)
        with open(self.path("took")) as f:
            seconds, _, resident, anonymous = map(float, f.read().split())
        took = {"seconds": seconds, "rss_mib": resident}
        return (dict(took, anon_mib=anonymous) if alone else took,
                said.stderr)

    def peer(self, what, counts, **job):
        """Figures of EasyEdit, as they come."""
        job.update(what=what, counts=list(counts), name=self.name,
                   model=self.model, threads=self.options.threads,
                   limit=self.options.limit)
        env = dict(os.environ, HF_HUB_OFFLINE="1",
                   TOKENIZERS_PARALLELISM="false", PYTHONDONTWRITEBYTECODE="1")
        with open(self.path("job"), "w+") as f, \
                open(self.path("err"), "w+") as err:
            json.dump(job, f)
            f.seek(0)
            with subprocess.Popen(
                    [sys.executable, os.path.join(HERE, "peer.py"),
                     self.options.easyedit], stdin=f, stdout=subprocess.PIPE,
                    stderr=err, text=True, env=env) as run:
                for line in run.stdout:
                    yield json.loads(line)
            if run.returncode != 0:
                err.seek(0)
                raise RuntimeError("EasyEdit: " + err.read()[-2000:])

    def requests(self, n):
        """Facts as both read them: people, a city each."""
        first = ("Ada Bruno Clara Dmitri Elena Farid Greta Hiro Ines Jonas "
                 "Kavya Lars Mina Noor Otto Petra").split()
        last = "Adams Brown Clark Davis Evans Foster Grant Hughes".split()
        city = "Paris Vienna Oslo Lisbon".split()
        return [{"case_id": i, "prompt": "{} was born in the city of",
                 "subject": "%s %s %s" % (first[i % 16], last[i // 16 % 8],
                                          last[i // 128 % 8]),
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

    def search(self, tool, params, templates, theirs, ours):
        """ROME or MEMIT: figures of theirs, then of ours."""
        self.moments(params["layers"])
        flat = sum(templates, []) if tool == "ee-memit" else templates
        if theirs:
            yield from self.peer(tool[3:], theirs, hparams=params,
                                 requests=self.requests(max(theirs)),
                                 templates=flat)
        for n in ours:
            words = [tool, "-v", "-j", self.options.threads, "-m", self.model,
                     "-p", self.write("params.yaml", params),
                     "--stats", self.path("stats"), "--templates",
                     self.write("templates.json", templates),
                     "--like", "easyedit", "--force",
                     self.write("requests.json", self.requests(n))]
            if tool == "ee-rome":
                words.append("--independent")
            took, said = self.run(words)
            steps = sum(map(int, re.findall(r"(\d+) steps\b", said)))
            yield dict(took, n=n, units=n, steps=steps)

    def rome(self, theirs, ours):
        params = dict(self.hparams, alg_name="ROME",
                      layers=[self.nlayers // 2 - 1],
                      context_template_length_params=[[5, 5], [10, 5]])
        yield from self.search("ee-rome", params, TEMPLATES, theirs, ours)

    def memit(self, theirs, ours):
        params = dict(self.hparams, alg_name="MEMIT",
                      layers=self.layers(5 if self.nlayers > 12 else 3),
                      layer_selection="all", mom2_update_weight=20000)
        yield from self.search("ee-memit", params,
                               [TEMPLATES[:1], TEMPLATES[1:6]], theirs, ours)

    def memit_many(self, theirs, ours):
        """Of fewer steps, or it would take too long."""
        self.hparams["v_num_grad_steps"] = min(self.steps, MANY_STEPS)
        yield from self.memit(theirs, ours)
        self.hparams["v_num_grad_steps"] = self.steps

    def layers(self, n):
        """So many, up to the middle, or from the first."""
        first = max(0, self.nlayers // 2 - n)
        return list(range(first, first + n))

    def corpus(self, documents):
        """Documents as long as the model takes, of the atlas's sentences."""
        length = self.config["n_positions"]
        with open(os.path.join(TOP, "pipelines", "atlas", "corpus.txt"),
                  encoding="utf-8") as f:
            lines = f.read().splitlines()
        per = length // 25
        with open(self.path("corpus.txt"), "w", encoding="utf-8") as f:
            for i in range(documents):
                f.write(" ".join(lines[i * per:(i + 1) * per]) + "\n")
        return self.path("corpus.txt")

    def stats(self, theirs, ours):
        if theirs:
            yield from self.peer(
                "stats", theirs, corpus=self.corpus(self.few),
                module=self.down, stats_dir=self.path("theirs"))
        corpus = self.corpus(self.documents)
        threads = str(self.options.threads)
        for n in ours:
            layers = self.layers(n)
            taps = self.down.format("{%d-%d}" % (layers[0], layers[-1]))
            took, _ = self.run(
                ["ee-tokenize", "-q", "-m", self.model, corpus],
                ["ee-forward", "-q", "-j", threads, "-m", self.model, "-t",
                 taps + ":in"],
                ["ee-cov", "-q", "-j", threads], out="stats.ee")
            write, _ = self.run(
                ["ee-npz", "save", "-q", "-d", self.path("ours")],
                given=self.path("stats.ee"))
            found = [os.path.join(at, name) for at, _, names in
                     os.walk(self.path("ours")) for name in names]
            tokens = int(np.load(found[0])["mom2.count"])
            shutil.rmtree(self.path("ours"))
            os.remove(self.path("stats.ee"))
            yield dict(took, n=n, units=tokens, layers=layers,
                       write=write["seconds"])

    def mend(self, **more):
        """Settings as EasyEdit's shipped files have them."""
        link = self.path(self.name)     # by which EasyEdit knows the family
        if not os.path.exists(link):
            os.symlink(self.model, link)
        inner = [self.layer.format(i) + "." + name + ".weight"
                 for i in range(self.nlayers - 3, self.nlayers)
                 for name in (self.down.split("{}.")[1],) + self.ups]
        return dict(
            inner_params=inner, model_name=link,
            model_class=CLASSES[self.family], tokenizer_name=link,
            tokenizer_class=TOKENIZERS[self.family], device="cpu", lr=1e-6,
            edit_lr=1e-4, lr_lr=1e-4, seed=42, cedit=0.1, cloc=1.0, cbase=1.0,
            dropout=0.0, train_base=False, no_grad_layers=None,
            one_sided=False,
            n_hidden=1, hidden_dim=None, init="id", norm=True, combine=True,
            x_only=False, delta_only=False, act="relu", rank=self.rank,
            mlp_class="IDMLP", shared=True, batch_size=1, model_save_pt=5000,
            silent=False, eval_log_interval=1000, final_eval=False,
            val_interval=10 ** 6, early_stop_patience=20000,
            early_stop_key="loss/total_edit_val", half=False, debug=False,
            save=False, verbose=True, val_batch_size=1, accumulate_bs=10,
            val_steps=1, opt="Adam", grad_clip=100.0, log_interval=10,
            results_dir=self.path("results"), **more)

    def train(self, steps):
        """Train on so many records, each once.  From the first line of the
        log to the last, ten steps less."""
        params = self.mend(alg="MEND", archive=None, eval_only=False,
                           max_iters=steps + 10)
        if os.path.exists(self.path("log")):
            os.remove(self.path("log"))
        took, _ = self.run(
            ["ee-mend-train", "-q", "-j", str(self.options.threads), "-m",
             self.model, "-p", self.write("train.yaml", params), "--train",
             self.records(steps + 20), "--hold-out", "1", "--like", "easyedit",
             "--log", self.path("log"), "-o", self.path("archive")])
        with open(self.path("log")) as f:
            lines = [json.loads(line) for line in f]
        at = [(x["step"], x["seconds"]) for x in lines
              if x["event"] == "train"]
        return dict(took, seconds=at[-1][1] - at[0][1],
                    units=at[-1][0] - at[0][0])

    def records(self, n):
        return self.write("train.json", [
            {"src": r["prompt"].format(r["subject"]), "alt": r["target_new"],
             "answers": ["Rome"], "rephrase": r["prompt"].format(r["subject"]),
             "loc": "nq question: where is the tower", "loc_ans": "London"}
            for r in self.requests(n)])

    def mend_train(self, theirs, ours):
        if theirs:
            yield from self.peer(
                "mend-train", theirs, train=self.records(theirs[0] + 1),
                hparams=self.mend(alg="MEND", archive=None, eval_only=False,
                                  max_iters=theirs[0]))
        for n in ours:
            yield dict(self.train(n), n=n)

    def mend_edit(self, theirs, ours):
        """With an archive of ours, which both read."""
        if not os.path.exists(self.path("archive")):
            self.train(10)
        params = self.mend(alg_name="MEND", archive=self.path("archive"),
                           lr_scale=1.0, eval_only=True, max_iters=1)

        def requests(n):
            return [dict(r, prompt=r["prompt"].format(r["subject"]))
                    for r in self.requests(n)]
        if theirs:
            yield from self.peer("mend-edit", theirs, hparams=params,
                                 requests=requests(max(theirs)))
        for n in ours:
            took, _ = self.run(
                ["ee-mend-apply", "-q", "-j", str(self.options.threads), "-m",
                 self.model, "-p", self.write("mend.yaml", params), "--like",
                 "easyedit", "--independent",
                 self.write("mend.json", requests(n))])
            yield dict(took, n=n, units=n)
