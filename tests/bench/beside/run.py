"""Ours beside EasyEdit: the same model, requests, templates and settings, in
turn, on as many threads.

    python run.py --easyedit CHECKOUT --large DIR --half DIR --small DIR
        -o took.jsonl [--quick] [--limit SECONDS] [PATTERN...]

The whole plan, or the parts of it that match a PATTERN: MODEL/JOB, as in
'large/rome' or '*/stats'.  What the output has already is not measured again,
so a run can be cut at any time and goes on.  CHECKOUT is one of
zjunlp/EasyEdit; this Python needs torch, transformers, numpy and what
EasyEdit's methods import.  BIN and BUILD are where the tools and `timed` are;
all.sh makes the models (float32, the same shape in float16, and atlas-gpt2)
and the charts.

A line of the output is one figure: 'seconds' for 'units' edits, steps or
tokens; 'n', how many facts at once or in turn (rome and mend-edit: each on
the model as it was).  Theirs is the time of the method's calls alone, with
the model loaded and Python started; ours is that of the whole process, but of
a training its steps alone.  Statistics: the pass over the corpus, and apart,
as 'write', what the files of it took; 'n' is their layer, as each is a pass
of its own there, and the number of our layers, listed in 'layers'.

The rate of searches is so small that none ends before its last step, on
either side, which is checked.  Both find the same statistics on the disk.
Theirs stops once a series has taken --limit seconds: 'seconds' is then null.
"""
import argparse
import datetime
import fnmatch
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import jobs  # noqa: E402 (leaves no __pycache__ here)

# model, job: of what theirs is measured, of what ours is
EDITS = (1, 3, 10, 30, 100, 300, 1000)
PLAN = (
    ("large", "rome", (1,), (1,)),
    ("large", "memit", (1,), (1,)),
    ("large", "mend-train", (10,), (30,)),
    ("large", "mend-edit", (1,), (1,)),
    ("large", "stats", (0, 17, 35), (1, 5, 36)),
    ("small", "rome", EDITS[:4], EDITS),
    ("small", "memit", EDITS[:4], EDITS),
    ("small", "mend-edit", EDITS[:4], EDITS),
    ("small", "mend-train", (50,), (50,)),
    ("small", "stats", range(8), range(1, 9)),
    ("large", "memit-many", (1,), (1, 8, 32, 100)),
    ("half", "rome", (1,), (1,)),
    ("half", "mend-edit", (1,), (1,)),
    ("half", "stats", (17,), (1,)),
    ("half", "memit", (1,), (1,)))
# steps of a search, documents of theirs and of ours, rank of a hypernetwork
SIZES = {"large": (20, 3, 4, 1920), "half": (20, 3, 4, 1920),
         "small": (10, 15, 100, 192)}
QUICK_SIZES = (2, 3, 3, 16)


def output(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout.strip()


def machine():
    with open("/proc/cpuinfo") as f:
        names = [line.split(":")[1].strip() for line in f
                 if line.startswith("model name")]
    return names[0]


def versions(checkout):
    """EasyEdit's commit; our version and commit, and the libraries in use."""
    tool = os.path.join(jobs.BIN, "ee-rome")
    used = re.findall(r"=> (\S*lib(?:openblas|dnnl)\S*)", output("ldd", tool))
    commits = [output("git", "-C", folder, "describe", "--always",
                      "--exclude", "*", *more)
               for folder, *more in ((checkout,), (jobs.TOP, "--dirty"))]
    ours = [output(tool, "--version").replace("ee-rome", "ee"), commits[1]]
    libraries = [os.path.basename(os.path.realpath(name)) for name in used]
    return {"easyedit": "EasyEdit " + commits[0],
            "ours": ", ".join([" ".join(ours)] + libraries)}


class Output:
    """The figures: those that there are, and those that come."""

    def __init__(self, options):
        self.options = options
        self.about = {"machine": machine(), "threads": options.threads,
                      "date": datetime.date.today().isoformat()}
        self.versions = versions(options.easyedit)
        self.done = set()
        if os.path.exists(options.output):
            with open(options.output) as f:
                self.done = {self.key(json.loads(line)) for line in f}

    @staticmethod
    def key(row):
        return row["model"], row["job"], row["who"], row["n"]

    def missing(self, model, job, who, counts):
        return [n for n in counts if (model, job, who, n) not in self.done]

    def put(self, row):
        """Add a line.  All searches took all their steps, or it is wrong."""
        if row.get("steps") and \
                row["steps"] != row["units"] * row["search_steps"]:
            raise RuntimeError("%s: not %d steps for each" % (
                row, row["search_steps"]))
        row.update(self.about)
        row["with"] = ", ".join(filter(None, (self.versions[row["who"]],
                                              row.get("with"))))
        with open(self.options.output, "a") as f:
            f.write(json.dumps(row) + "\n")
        self.done.add(self.key(row))
        took = "not within the limit" if row["seconds"] is None else \
            "%.3f s, %.4g s each" % (row["seconds"],
                                     row["seconds"] / row["units"])
        print("%-6s %-10s %-8s %4d: %s" % (*self.key(row), took), flush=True)


def stored(model):
    """The type of the weights in the file."""
    with open(os.path.join(model, "model.safetensors"), "rb") as f:
        header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
    return next(x["dtype"] for x in header.values() if "dtype" in x)


def measure(bench, label, job, theirs, ours, out):
    run = getattr(bench, job.replace("-", "_"))
    about = {"model": label, "job": job, "nlayers": bench.nlayers,
             "file": stored(bench.model)}
    for who, counts in (("easyedit", theirs), ("ours", ours)):
        counts = out.missing(label, job, who, counts)
        if not counts:
            continue
        figures = run(counts, ()) if who == "easyedit" else run((), counts)
        load = os.getloadavg()[0]
        for took in figures:
            row = dict(about, who=who, load=load, **took)
            if job in ("rome", "memit", "memit-many"):
                row["search_steps"] = bench.hparams["v_num_grad_steps"]
            out.put(row)
            load = os.getloadavg()[0]
        for n in out.missing(label, job, who, counts):
            out.put(dict(about, who=who, n=n, seconds=None, load=load))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--easyedit", required=True)
    for label in SIZES:
        parser.add_argument("--" + label, required=True)
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--quick", action="store_true",
                        help="little of everything, to see whether it works")
    parser.add_argument("--limit", type=float, default=40)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--scratch")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", default="*")
    options = parser.parse_args()
    out = Output(options)
    signal.signal(signal.SIGTERM, signal.default_int_handler)   # cleans up
    benches = {}
    start = time.monotonic()
    try:
        for label, job, theirs, ours in PLAN:
            if not any(fnmatch.fnmatch(label + "/" + job, pattern)
                       for pattern in options.patterns):
                continue
            if label not in benches:
                benches[label] = jobs.Bench(
                    options, getattr(options, label),
                    QUICK_SIZES if options.quick else SIZES[label])
            if options.quick and job != "stats":
                theirs, ours = theirs[:2], ours[:2]
            measure(benches[label], label, job, theirs, ours, out)
            print("%s/%s: %.0f s since the start" % (
                label, job, time.monotonic() - start), flush=True)
    finally:
        for bench in benches.values():
            shutil.rmtree(bench.dir)


main()
