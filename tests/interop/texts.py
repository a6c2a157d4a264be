"""ee-eval's measures by their formulas, on a few records: everything that it
reports of CounterFact's and EasyEdit's shapes, before and after edits of
single records (random ones, so that much changes), and of texts that
transformers writes with the same draws.

usage: texts.py WORK     (a folder; the tools are found through PATH)
"""
import json
import math
import os
import random
import re
import struct
import sys
import unicodedata
from collections import Counter

import numpy as np
import torch
import transformers

from common import check, finish, run, stream

top = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
LENGTH, TOP_K, SEED, TOKENS = 20, 5, 7, 4
MEASURE = 1e-5          # tolerance: float32, added in another order
transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()
torch.set_num_threads(1)        # small models


# ---- words, as NLTK's NLTKWordTokenizer has them

STARTING = [
    ("([«“‘„]|[`]+)", r" \1 "), (r"^\"", "``"), (r"(``)", r" \1 "),
    (r"([ \(\[{<])(\"|\'{2})", r"\1 `` "),
    (r"(?i)(?<!\w)(\')(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)", r"\1 ")]
PUNCTUATION = [
    (r'([^\.])(\.)([\]\)}>"\'»”’ ]*)\s*$', r"\1 \2 \3 "),
    (r"([:,])([^\d])", r" \1 \2"), (r"([:,])$", r" \1 "),
    (r"\.{2,}", r" \g<0> "), (r"[;@#$%&]", r" \g<0> "),
    ("[\u2012-\u2015]", r" \g<0> "),
    (r'([^\.])(\.)([\]\)}>"\']*)\s*$', r"\1 \2\3 "),
    (r"[?!]", r" \g<0> "), (r"([^'])' ", r"\1 ' "), (r"[*]", r" \g<0> "),
    (r"[\]\[\(\)\{\}\<\>]", r" \g<0> "), (r"--", r" -- ")]
ENDING = [
    ("([»”’])", r" \1 "), (r"''", " '' "), (r'"', " '' "), (r"\s+", " "),
    (r"([^' ])('[sS]|'[mM]|'[dD]|') ", r"\1 \2 "),
    (r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", r"\1 \2 ")]
CONTRACTIONS = [
    r"(?i)\b(can)(not)\b", r"(?i)\b(d)('ye)\b", r"(?i)\b(gim)(me)\b",
    r"(?i)\b(gon)(na)\b", r"(?i)\b(got)(ta)\b", r"(?i)\b(lem)(me)\b",
    r"(?i)\b(more)('n)\b", r"(?i)\b(wan)(na)(?=\s)", r"(?i) ('t)(is)\b",
    r"(?i) ('t)(was)\b"]
ABBREVIATIONS = """adm ave brig capt cf co col comdr corp cpl dr drs ed eds
    esq etc fig gen gov hon inc jr lt ltd maj messrs mr mrs ms mt mts nos pp
    prof rep reps rev sen sens sgt sr st vol vs""".split()


def sentences(text):
    start = 0
    for m in re.finditer(r'''[.?!][)\]}"'»”’]*(?=\s|$)''', text):
        if m.group()[0] == ".":
            word = re.search(r'[^\s(\[{"\']*$', text[start:m.start()]).group()
            if ((len(word) == 1 and word.isalpha()) or "." in word
                    or word.lower() in ABBREVIATIONS):
                continue
        if m.end() > start:
            yield text[start:m.end()].strip()
            start = m.end()
    if text[start:].strip():
        yield text[start:].strip()


def words(text):
    found = []
    for s in sentences(text):
        for pattern, by in STARTING + PUNCTUATION:
            s = re.sub(pattern, by, s)
        s = " " + s + " "
        for pattern, by in ENDING:
            s = re.sub(pattern, by, s)
        for pattern in CONTRACTIONS:
            s = re.sub(pattern, r" \1 \2 ", s)
        found += s.split()
    return found


def entropy(text):
    tokens, parts = words(text), []
    for n in 2, 3:
        counts = Counter(zip(*(tokens[i:] for i in range(n))))
        f = np.array(list(counts.values()), dtype=float)
        f = f / f.sum() if len(f) else f
        parts.append(np.sum(-f * np.log(f) / np.log(2)))
    return np.mean(np.array(parts) * np.array([2 / 3, 4 / 3]))


# ---- tf-idf, as scikit-learn's TfidfVectorizer has it

def terms(text):
    return re.findall(r"(?u)\b\w\w+\b", text.lower())


def tfidf(documents):
    n = len(documents)
    df = Counter(t for d in documents for t in set(terms(d)))
    order = {t: i for i, t in enumerate(df)}
    idf = np.array([math.log((1 + n) / (1 + df[t])) + 1 for t in df])

    def vector(text):
        v = np.zeros(len(df))
        for t in terms(text):
            if t in order:
                v[order[t]] += 1
        return v * idf / np.linalg.norm(v * idf)
    return vector


# ---- the model

class Model:
    def __init__(self, folder):
        self.folder = folder
        self.tok = transformers.AutoTokenizer.from_pretrained(folder)
        model = transformers.AutoModelForCausalLM.from_pretrained(folder)
        self.model = model.float().eval()

    def logits(self, ids):
        with torch.inference_mode():
            return self.model(torch.tensor([ids])).logits[0]

    def forced(self, prompt, target):
        """Mean NLL of the target, its tokens, and those said."""
        given = self.tok(prompt)["input_ids"]
        ids = self.tok(prompt + " " + target)["input_ids"]
        assert ids[:len(given)] == given
        x = self.logits(ids)[len(given) - 1:-1].double()
        logp = torch.log_softmax(x, -1)
        want = torch.tensor(ids[len(given):])
        return (-logp.gather(1, want[:, None]).mean().item(), want.tolist(),
                logp.argmax(-1).tolist())

    def greedy(self, prompt):
        given = self.tok(prompt)["input_ids"]
        ids = list(given)
        for _ in range(TOKENS):
            x = self.logits(ids)[-1][:len(self.tok)]
            ids.append(int(x.argmax()))
            if ids[-1] == self.model.config.eos_token_id:
                break
        return self.tok.decode(ids[len(given):],
                               skip_special_tokens=True).split("\n")[0]

    def write(self, prompt, draws):
        ids = list(self.tok(prompt)["input_ids"])
        while len(ids) < LENGTH:
            x = self.logits(ids)[-1][:len(self.tok)].double()
            best = torch.topk(x, TOP_K)
            p = torch.softmax(best.values, -1)
            u = draws.random()
            at = int((torch.cumsum(p, -1) <= u).sum())
            ids.append(int(best.indices[min(at, TOP_K - 1)]))
        text = self.tok.decode(ids, skip_special_tokens=True)
        return unicodedata.normalize("NFKD", text).replace("\n\n", " ")


def fnv(data):
    h = 0xcbf29ce484222325
    for b in data:
        h = (h ^ b) * 0x100000001b3 % 2 ** 64
    return h


def draws_of(case, topic):
    return random.Random(fnv(case.encode() + struct.pack("<QQ", topic, SEED)))


def edited(model, record):
    """The record's own random edit, as a delta and in the model."""
    name, left, right = record
    weight = model.model.get_parameter(name)
    kept = weight.detach().clone()
    change = torch.tensor(left @ right.T)
    weight.data += change if change.shape == weight.shape else change.T
    return lambda: weight.data.copy_(kept)


def make_edits(model, name, cases):
    rng = np.random.default_rng(1)
    shape = model.model.get_parameter(name).shape
    conv = name.endswith("c_proj.weight")       # kept as (in, out)
    out, inner = (shape[1], shape[0]) if conv else shape
    edits = {c: (name,
                 rng.normal(size=(out, 1)).astype("f4"),
                 rng.normal(size=(inner, 1)).astype("f4") * .3)
             for c in cases}
    data = stream("delta", [
        {"weight": n, "left": left, "right": right, "case": c}
        for c, (n, left, right) in edits.items()])
    return edits, data


# ---- the records

def counterfact_records(prompts):
    """Six records of the atlas's shape, the topics cut to two."""
    with open(os.path.join(top, "pipelines/atlas/counterfact.json")) as f:
        records = json.load(f)[:6]
    for i, r in enumerate(records):
        r["generation_prompts"] = r["generation_prompts"][:prompts]
        r["neighborhood_prompts"] = r["neighborhood_prompts"][:3]
        r["case_id"] = "c%d" % i
    return records


def snippets_of(records):
    found = []
    for i, r in enumerate(records[:-1]):        # the last one has none
        r = r["requested_rewrite"]
        found.append({
            "relation_id": r["relation_id"],
            "target_id": r["target_new"]["id"],
            "samples": [{"name": "x", "text": "%s is %s, they say; No. %d" % (
                            r["subject"], r["target_new"]["str"], i)},
                        {"text": "The life of a %s." % r["subject"]}]})
    return found


def easyedit_records(records):
    shaped = []
    for record in records:
        r = record["requested_rewrite"]
        near = record["neighborhood_prompts"]
        truth = r["target_true"]["str"]
        shaped.append({
            "case_id": record["case_id"], "prompt": r["prompt"],
            "subject": r["subject"], "target_new": r["target_new"]["str"],
            "rephrase_prompt": record["paraphrase_prompts"],
            "locality": {"near": {"prompt": near,
                                  "ground_truth": [truth] * len(near)}},
            "portability": {"hop": [{"prompt": near[0], "ground_truth": [
                [r["target_new"]["str"], "other"]]}]}})
    return shaped


def says(text, target):
    text = text.lstrip(" ")
    return float(re.match(re.escape(target) + r"(?![A-Za-z0-9])", text)
                 is not None if target[-1].isalnum()
                 else text.startswith(target))


def facts(record):
    r = record["requested_rewrite"]
    prompt = r["prompt"].replace("{}", r["subject"])
    return prompt, r["target_new"]["str"], r["target_true"]["str"]


def counterfact_wants(model, record, vector, snippets):
    prompt, new, true = facts(record)
    want = {}
    for name, prompts, sign in (
            ("efficacy", [prompt], 1),
            ("paraphrase", record["paraphrase_prompts"], 1),
            ("neighbourhood", record["neighborhood_prompts"], -1)):
        d = [sign * (math.exp(-model.forced(p, new)[0])
                     - math.exp(-model.forced(p, true)[0])) for p in prompts]
        want[name] = np.mean([x > 0 for x in d])
        want[name + "_magnitude"] = np.mean(d)
    want["generated_rewrite"] = says(model.greedy(prompt), new)
    want["generated_rephrase"] = np.mean([
        says(model.greedy(p), new) for p in record["paraphrase_prompts"]])
    texts = [model.write(p, draws_of(record["case_id"], i))
             for i, p in enumerate(record["generation_prompts"])]
    want["fluency"] = np.mean([entropy(t) for t in texts])
    r = record["requested_rewrite"]
    near = [s["text"] for e in snippets for s in e["samples"]
            if (e["relation_id"], e["target_id"])
            == (r["relation_id"], r["target_new"]["id"])]
    if near:
        want["consistency"] = vector(" ".join(texts)) @ vector(" ".join(near))
    return want, texts


def harmonic(measures):
    means = [np.mean([m[k] for m in measures])
             for k in ("efficacy", "paraphrase", "neighbourhood")]
    return 3 / sum(1 / m for m in means) if min(means) > 0 else 0


def near(got, want, where):
    far = 0
    assert set(got) == set(want), (where, set(got) ^ set(want))
    for name, value in want.items():
        d = abs(got[name] - value)
        assert d < MEASURE, (where, name, got[name], value)
        far = max(far, d)
    return far


def counterfact(model, weight, work):
    records = counterfact_records(2)
    snippets = snippets_of(records)
    vector = tfidf([s["text"] for e in snippets for s in e["samples"]])
    edits, data = make_edits(model, weight, [r["case_id"] for r in records])
    out = evaluate(model, work, records, data, "--references",
                   put(work, "snippets.json", json.dumps(snippets).encode()))
    far = 0
    for when in "before", "after":
        measures = []
        for record, line in zip(records, out):
            back = (edited(model, edits[record["case_id"]])
                    if when == "after" else lambda: None)
            want, texts = counterfact_wants(model, record, vector, snippets)
            back()
            assert line["texts"][when] == texts, (when, line["texts"], texts)
            far = max(far, near(line[when], want, (when, record["case_id"])))
            measures.append(want)
        total = out[-1]["summary"][when]
        assert abs(total["score"]["mean"] - harmonic(measures)) < MEASURE
        for name in measures[0]:
            mean = np.mean([m[name] for m in measures if name in m])
            assert abs(total[name]["mean"] - mean) < MEASURE, name
            assert (total[name]["low"] <= total[name]["mean"]
                    <= total[name]["high"]), name
    print("interop: texts: %s: counterfact within %.1e"
          % (os.path.basename(model.folder), far))


def easyedit_wants(model, record, said):
    prompt = record["prompt"].replace("{}", record["subject"])

    def accuracy(asked):
        found = [model.forced(p, t) for p, t in asked]
        return np.mean([np.mean(np.equal(f[1], f[2])) for f in found]), found
    want = {}
    new = record["target_new"]
    want["rewrite_acc"], _ = accuracy([(prompt, new)])
    want["rephrase_acc"], _ = accuracy([(p, new) for p in
                                        record["rephrase_prompt"]])
    group = record["locality"]["near"]
    want["locality_acc"], found = accuracy(zip(group["prompt"],
                                               group["ground_truth"]))
    hop = record["portability"]["hop"][0]
    want["portability_acc"], _ = accuracy([(hop["prompt"], new)])
    want["portability_acc.hop"] = want["portability_acc"]
    if said is not None:
        want["locality"] = np.mean([np.mean(np.equal(a, f[2]))
                                    for a, f in zip(said, found)])
        want["locality.near"] = want["locality"]
    want["generated_rewrite"] = says(model.greedy(prompt), new)
    want["generated_rephrase"] = np.mean([
        says(model.greedy(p), new) for p in record["rephrase_prompt"]])
    text = model.write(prompt, draws_of(record["case_id"], 0))
    want["fluency"] = entropy(text)
    return want, [f[2] for f in found]


def easyedit(model, weight, work):
    records = easyedit_records(counterfact_records(0))
    edits, data = make_edits(model, weight, [r["case_id"] for r in records])
    out = evaluate(model, work, records, data)
    for record, line in zip(records, out):
        want, said = easyedit_wants(model, record, None)
        near(line["before"], want, ("before", record["case_id"]))
        back = edited(model, edits[record["case_id"]])
        want, _ = easyedit_wants(model, record, said)
        back()
        near(line["after"], want, ("after", record["case_id"]))


def put(work, name, data):
    path = os.path.join(work, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def evaluate(model, work, records, data, *more):
    out = run(["ee-eval", "-q", "-m", model.folder, "-e",
               put(work, "edits.ee", data), "--per-case", "--generate", "-n",
               str(TOKENS), "--fluency", "--length", str(LENGTH), "--top-k",
               str(TOP_K), "--seed", str(SEED), *more,
               put(work, "records.json", json.dumps(records).encode())])
    return [json.loads(line) for line in out.splitlines()]


def main():
    work = os.path.join(sys.argv[1], "texts")
    os.makedirs(work, exist_ok=True)
    for folder, weight in (
            ("tests/golden/models/tiny-gpt2",
             "transformer.h.2.mlp.c_proj.weight"),
            ("tests/golden/models/tiny-llama",
             "model.layers.1.mlp.down_proj.weight"),
            ("pipelines/atlas/atlas-gpt2",
             "transformer.h.2.mlp.c_proj.weight")):
        model = Model(os.path.join(top, folder))
        name = os.path.basename(folder)
        check(name + " counterfact", counterfact, model, weight, work)
        check(name + " easyedit", easyedit, model, weight, work)


main()
finish("texts")
