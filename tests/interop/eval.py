"""ee-eval against the formulas, computed with transformers: CounterFact
success and likelihoods before and after edits of single records, token
accuracies and locality of EasyEdit's shape, greedy decoding.

usage: eval.py WORK     (a folder; the tools are found through PATH)
"""
import json
import os
import sys

import numpy as np
import torch
import transformers

from common import check, finish, parse, run

top = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
atlas = os.path.join(top, "pipelines/atlas")
folder = os.path.join(atlas, "atlas-gpt2")
work = os.path.join(sys.argv[1], "eval")
RECORDS, DOCUMENTS = 40, 3000
transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()
torch.set_num_threads(min(torch.get_num_threads(), 2))
os.makedirs(work, exist_ok=True)
tok = transformers.AutoTokenizer.from_pretrained(folder)
model = transformers.AutoModelForCausalLM.from_pretrained(folder)
model = model.float().eval()


def write(name, data):
    path = os.path.join(work, name)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes)
                else json.dumps(data).encode())
    return path


def edits_of(records):
    """{case: [(weight, left, right)]}, each edit made alone, and its file."""
    with open(atlas + "/corpus.txt", "rb") as f:
        text = b"".join(f.readlines()[:DOCUMENTS])
    stats = os.path.join(work, "stats")
    run(["ee-tokenize", "-q", "-m", folder],
        ["ee-forward", "-q", "-m", folder, "-t",
         "transformer.h.0.mlp.c_proj:in"],
        ["ee-cov", "-q"],
        ["ee-npz", "save", "-q", "-d", stats, "--dataset", "atlas"],
        data=text)
    data = run(["ee-rome", "-q", "-m", folder, "-p",
                top + "/pipelines/hparams/ROME/atlas-gpt2.yaml",
                "--stats", stats, "--independent", records])
    found = {}
    for record in parse(data)[1]:
        found.setdefault(record["case"], []).append(
            (record["weight"], record["left"], record["right"]))
    return found, write("edits.ee", data)


class Edited:
    """The model with some edits, for a while."""
    def __init__(self, edits):
        self.edits = edits

    def __enter__(self):
        self.kept = []
        for name, left, right in self.edits:
            weight = model.get_parameter(name)
            self.kept.append((weight, weight.detach().clone()))
            # Conv1D keeps (in, out)
            weight.data += torch.tensor(right @ left.T)

    def __exit__(self, *_):
        for weight, kept in reversed(self.kept):
            weight.data.copy_(kept)


def forced_all(pairs):
    """For each (prompt, target) mean NLL, tokens right and tokens said, with
    teacher forcing; in one batch, padded on the right."""
    prompts = [tok(p)["input_ids"] for p, _ in pairs]
    rows = [tok(p + " " + t)["input_ids"] for p, t in pairs]
    batch = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for i, row in enumerate(rows):
        batch[i, :len(row)] = torch.tensor(row)
    with torch.inference_mode():
        logits = model(batch).logits
    found = []
    for p, row, x in zip(prompts, rows, logits):
        assert row[:len(p)] == p
        logp = torch.log_softmax(x[len(p) - 1:len(row) - 1].double(), -1)
        want = torch.tensor(row[len(p):])
        said = logp.argmax(-1)
        found.append((-logp.gather(1, want[:, None]).mean().item(),
                      int((said == want).sum()), said.tolist()))
    return found


def forced(prompt, target):
    return forced_all([(prompt, target)])[0]


def greedy(prompt, tokens):
    ids = tok(prompt)["input_ids"]
    for _ in range(tokens):
        with torch.inference_mode():
            token = int(model(torch.tensor([ids])).logits[0, -1].argmax())
        ids.append(token)
        if token == model.config.eos_token_id:
            break
    text = tok.decode(ids[len(tok(prompt)["input_ids"]):],
                      skip_special_tokens=True)
    return text.split("\n")[0]


def questions_of(record):
    r = record["requested_rewrite"]
    prompt = r["prompt"].replace("{}", r["subject"])
    return ([("rewrite", prompt)]
            + [("rephrase", p) for p in record["paraphrase_prompts"]]
            + [("locality", p) for p in record["neighborhood_prompts"]])


MEASURES = (("efficacy", "rewrite"), ("paraphrase", "rephrase"),
            ("neighbourhood", "locality"))


def compare(record, line, when, totals):
    """One record's answers; its successes go into totals."""
    r = record["requested_rewrite"]
    wins, ties = {}, False
    asked = questions_of(record)
    assert len(asked) == len(line["questions"])
    found = iter(forced_all([(prompt, r[target]["str"])
                             for _, prompt in asked
                             for target in ("target_new", "target_true")]))
    for (aspect, prompt), q in zip(asked, line["questions"]):
        assert (q["aspect"], q["prompt"]) == (aspect, prompt)
        new, right, _ = next(found)
        true, _, _ = next(found)
        ours = q[when]
        far = max(abs(ours["nll"] - new), abs(ours["nll_other"] - true))
        assert far < 1e-3, (prompt, ours, new, true)
        totals["far"] = max(totals.get("far", 0), far)
        ties |= abs(new - true) < 2e-3
        wins.setdefault(aspect, []).append(
            (true < new) if aspect == "locality" else (new < true))
        if aspect == "rewrite":
            assert ours["right"] == right, (prompt, ours, right)
            assert ours["generated"] == greedy(prompt, 6), prompt
    for name, aspect in MEASURES:
        mean = float(np.mean(wins[aspect]))
        assert ties or abs(line[when][name] - mean) < 1e-9, (name, line[when])
        totals.setdefault(name, []).append(mean)
    return ties


def counterfact(records, path, edits, stream):
    out = run(["ee-eval", "-q", "-m", folder, "-e", stream, "--per-case",
               "--generate", "-n", "6", path]).splitlines()
    lines = [json.loads(line) for line in out]
    summary = lines.pop()["summary"]
    assert len(lines) == len(records) == summary["records"]
    for when in ("before", "after"):
        totals, ties = {}, 0
        for record, line in zip(records, lines):
            case = str(record["case_id"])
            assert line["case_id"] == case
            with Edited(edits[case] if when == "after" else []):
                ties += compare(record, line, when, totals)
        means = [100 * np.mean(totals[name]) for name, _ in MEASURES]
        score = 3 / sum(1 / m for m in means) if min(means) > 0 else 0
        print("interop: eval: %s: efficacy %.1f, paraphrase %.1f, "
              "neighbourhood %.1f, S %.1f; NLL within %.1e"
              % (when, *means, score, totals["far"]))
        for (name, _), mean in zip(MEASURES, means):
            assert ties or abs(100 * summary[when][name]["mean"]
                               - mean) < 1e-6, (when, name)
        assert ties or abs(100 * summary[when]["score"]["mean"]
                           - score) < 1e-6


def easyedit(records, edits):
    """The same records in EasyEdit's shape, with all edits stacked."""
    shaped = []
    for record in records:
        r = record["requested_rewrite"]
        near = record["neighborhood_prompts"][:2]
        shaped.append({
            "prompt": r["prompt"].replace("{}", r["subject"]),
            "subject": r["subject"], "target_new": r["target_new"]["str"],
            "rephrase_prompt": record["paraphrase_prompts"][0],
            "locality": {"near": {
                "prompt": near,
                "ground_truth": [r["target_true"]["str"]] * 2}}})
    path = write("easy.json", shaped)
    case = str(records[0]["case_id"])
    one = write("one.json", records[:1])
    stats = os.path.join(work, "stats")
    stream = write("one.ee", run(
        ["ee-rome", "-q", "-m", folder, "-p",
         top + "/pipelines/hparams/ROME/atlas-gpt2.yaml", "--stats", stats,
         one]))
    out = run(["ee-eval", "-q", "-m", folder, "-e", stream, path])
    lines = [json.loads(line) for line in out.splitlines()][:-1]
    before = [[forced(p, s["locality"]["near"]["ground_truth"][0])[2]
               for p in s["locality"]["near"]["prompt"]] for s in shaped]
    with Edited(edits[case]):
        for s, line, said in zip(shaped, lines, before):
            for name, prompt in (("rewrite_acc", s["prompt"]),
                                 ("rephrase_acc", s["rephrase_prompt"])):
                _, right, tokens = forced(prompt, s["target_new"])
                assert abs(line["after"][name] - right / len(tokens)) < 1e-9
            near = s["locality"]["near"]
            same = [np.mean(np.equal(a, forced(p, near["ground_truth"][0])[2]))
                    for a, p in zip(said, near["prompt"])]
            assert abs(line["after"]["locality"] - np.mean(same)) < 1e-9


def main():
    with open(atlas + "/counterfact.json") as f:
        records = json.load(f)[:RECORDS]
    path = write("records.json", records)
    edits, stream = edits_of(path)
    check("counterfact", counterfact, records, path, edits, stream)
    check("easyedit", easyedit, records[:10], edits)


main()
finish("eval")
