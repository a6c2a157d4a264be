"""Whether EasyEdit's ROME and ours make edits that are worth the same, given
the same model, hyper-parameters, context templates and records.

    python quality.py --easyedit CHECKOUT --model DIR -p HPARAMS.yaml
        --templates FILE [-n 40] [-j THREADS] RECORDS

CHECKOUT is one of zjunlp/EasyEdit; this Python needs torch, transformers,
msgpack-numpy, PyYAML and what EasyEdit's ROME imports.  The tools are those in
BIN, or of this tree.  RECORDS are CounterFact's, a line each, of which the
first -n count; HPARAMS (without mom2_adjustment: no statistics) and FILE are
as ee-rome reads them.

Each record is edited alone, on the model as it was.
  theirs  apply_rome_to_model() of EasyEdit, in float32; every question is then
          put to the edited model by transformers, and what the edit changed
          is restored
  ours    ee-rome --like easyedit --independent, then ee-eval --per-case
A question is a success if the answer that should win, target_new at the edited
prompt (efficacy) and its paraphrases, target_true in the neighbourhood, has
the smaller mean negative log likelihood over its tokens.

It prints a line for each record: the successes on both sides (efficacy,
paraphrase, neighbourhood), the largest difference of two likelihoods, how far
our update is from theirs in parts of its norm, and whether every question
came out alike.  Then the means of both in percent, with S, their harmonic
mean.  The exit status is 1 if a question did not come out alike.
"""
import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile

import msgpack
import msgpack_numpy
import torch
import transformers
import yaml

sys.dont_write_bytecode = True
import peer  # noqa: E402 (leaves no __pycache__ here)

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
ASPECTS = {"rewrite": "efficacy", "rephrase": "paraphrase",
           "locality": "neighbourhood"}


def questions(record):
    """A record's questions in the order of ee-eval: aspect, prompt, the
    answer that should win, the other."""
    ask = record["requested_rewrite"]
    new, true = ask["target_new"]["str"], ask["target_true"]["str"]
    yield "rewrite", ask["prompt"].format(ask["subject"]), new, true
    for prompt in record["paraphrase_prompts"]:
        yield "rephrase", prompt, new, true
    for prompt in record["neighborhood_prompts"]:
        yield "locality", prompt, true, new


def likelihoods(model, tok, pairs):
    """Mean NLL of each target after its prompt, over the tokens that it adds
    to the prompt's; pairs of (prompt, target) -> float64 (pairs)."""
    starts = [len(tok(prompt)["input_ids"]) for prompt, _ in pairs]
    batch = tok([prompt + " " + target for prompt, target in pairs],
                padding=True, return_tensors="pt")
    with torch.no_grad():
        logits = model(**batch).logits.double()
    nll = -torch.log_softmax(logits[:, :-1], 2).gather(
        2, batch["input_ids"][:, 1:, None])[:, :, 0]
    ends = batch["attention_mask"].sum(1).tolist()
    return [float(nll[i, start - 1:end - 1].mean())
            for i, (start, end) in enumerate(zip(starts, ends))]


class Theirs:
    """EasyEdit's ROME with the model loaded."""

    def __init__(self, options):
        self.main = peer.load("models.rome.rome_main")
        settings = peer.load("models.rome.rome_hparams").ROMEHyperParams
        with open(options.hparams, encoding="utf-8") as f:
            params = settings.construct_float_from_scientific_notation(
                yaml.safe_load(f))
        if params["mom2_adjustment"]:
            sys.exit("quality.py: %s: mom2_adjustment: want false"
                     % options.hparams)
        params.update(device="cpu", stats_dir=None, mom2_n_samples=0)
        self.params = settings(**params)
        with open(options.templates, encoding="utf-8") as f:
            given = json.load(f)
        self.main.CONTEXT_TEMPLATES_CACHE = [
            text for part in given
            for text in (part if isinstance(part, list) else [part])]
        self.tok = transformers.PreTrainedTokenizerFast.from_pretrained(
            options.model)
        self.tok.pad_token_id = self.tok.eos_token_id
        self.tok.padding_side = "right"
        self.model = transformers.AutoModelForCausalLM.from_pretrained(
            options.model, dtype=torch.float32).eval()
        self.model.config._name_or_path = params["model_name"]

    def edit(self, record):
        """The weight's update, and for each question the NLL of the answer
        that should win and of the other."""
        ask = record["requested_rewrite"]
        request = {"prompt": ask["prompt"], "subject": ask["subject"],
                   "target_new": ask["target_new"]["str"]}
        with contextlib.redirect_stdout(io.StringIO()):
            _, kept = self.main.apply_rome_to_model(
                self.model, self.tok, [request], self.params,
                return_orig_weights=True)
        (name, before), = kept.items()
        weight = self.model.get_parameter(name)
        update = weight.detach() - before
        asked = list(questions(record))
        nll = likelihoods(
            self.model, self.tok,
            [(prompt, won) for _, prompt, won, _ in asked] +
            [(prompt, other) for _, prompt, _, other in asked])
        with torch.no_grad():
            weight.copy_(before)
        return update, list(zip(nll, nll[len(asked):]))


def ours(options, records, scratch):
    """For each record what Theirs.edit() returns."""
    path = os.environ.get("BIN", os.path.join(TOP, "bin"))

    def run(tool, out, *words):
        with open(out, "wb") as f:
            subprocess.run([os.path.join(path, tool), "-q", "-j",
                            str(options.threads), "-m", options.model, *words],
                           stdout=f, check=True)
    names = [os.path.join(scratch, name) for name in ("r", "edit", "score")]
    with open(names[0], "w", encoding="utf-8") as f:
        f.writelines(json.dumps(record) + "\n" for record in records)
    run("ee-rome", names[1], "-p", options.hparams, "--templates",
        options.templates, "--like", "easyedit", "--independent",
        names[0])
    run("ee-eval", names[2], "-e", names[1], "--per-case", names[0])
    with open(names[1], "rb") as f:
        deltas = [x for x in msgpack.Unpacker(
            f, object_hook=msgpack_numpy.decode) if "left" in x]
    with open(names[2], encoding="utf-8") as f:
        scores = [x for x in map(json.loads, f) if "questions" in x]
    if not len(deltas) == len(scores) == len(records):
        sys.exit("quality.py: not one edit and one result for each record")
    for record, delta, score in zip(records, deltas, scores):
        asked = [(x["aspect"], x["prompt"]) for x in score["questions"]]
        if asked != [x[:2] for x in questions(record)]:
            sys.exit("quality.py: case %s: other questions than ee-eval's"
                     % score["case_id"])
        yield (torch.tensor(delta["left"] @ delta["right"].T),
               [sides(x) for x in score["questions"]])


def sides(question):
    """The NLL of the answer that should win, and of the other; ee-eval's nll
    is always that of target_new."""
    after = question["after"]
    both = after["nll"], after["nll_other"]
    return both[::-1] if question["aspect"] == "locality" else both


def rates(record, nll):
    """The part of successes in each aspect."""
    found = {aspect: [] for aspect in ASPECTS}
    for (aspect, *_), (won, other) in zip(questions(record), nll):
        found[aspect].append(won < other)
    return [sum(x) / len(x) for x in found.values()]


def show(texts):
    return " / ".join(texts)


def row(name, rows):
    means = [100 * sum(column) / len(column) for column in zip(*rows)]
    score = 3 / sum(1 / x for x in means) if all(means) else 0
    print("%-6s  %s, S %.1f" % (name, show("%.1f" % x for x in means), score))


def compare(record, theirs, other):
    """Print a record's line; its rates on both sides, and agreement."""
    update, nll = theirs
    change, mine = other
    if change.shape != update.shape:
        change = change.T
    far = float((change - update).norm() / update.norm())
    apart = max(abs(x - y) for a, b in zip(nll, mine) for x, y in zip(a, b))
    alike = all((a[0] < a[1]) == (b[0] < b[1]) for a, b in zip(nll, mine))
    both = rates(record, nll), rates(record, mine)
    print("case %s: theirs %s, ours %s, NLL within %.1e, update within %.1e: "
          "%s" % (record["case_id"],
                  *(show("%.2f" % x for x in rate) for rate in both),
                  apart, far, "alike" if alike else "NOT ALIKE"), flush=True)
    return *both, alike


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--easyedit", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("-p", "--hparams", required=True)
    parser.add_argument("--templates", required=True)
    parser.add_argument("-n", "--records", type=int, default=40, dest="n")
    parser.add_argument("-j", "--threads", type=int, default=os.cpu_count())
    parser.add_argument("data", metavar="RECORDS")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    with open(options.data, encoding="utf-8") as f:
        records = [json.loads(line) for line in f][:options.n]
    if not records:
        sys.exit("quality.py: %s: no records" % options.data)
    with contextlib.redirect_stderr(io.StringIO()):
        peer.packages(options.easyedit)
    theirs = Theirs(options)
    with tempfile.TemporaryDirectory() as scratch:
        edits = list(ours(options, records, scratch))
    found = [compare(record, theirs.edit(record), edit)
             for record, edit in zip(records, edits)]
    row("theirs", [x[0] for x in found])
    row("ours", [x[1] for x in found])
    print("%d of %d records alike" % (sum(x[2] for x in found), len(found)))
    sys.exit(not all(x[2] for x in found))


main()
