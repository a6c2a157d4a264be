"""Figures of run.py as Markdown tables, or as data for beside.gp.

    python table.py took.jsonl > table.md
    python table.py --data took.jsonl > charts.dat

What theirs takes of a layer's statistics is a + b layer seconds a token,
fitted to the layers that were measured; several layers are the sum of theirs,
each a pass of its own.
"""
import json
import sys

import numpy as np

METHODS = {"rome": "ROME", "memit": "MEMIT", "mend-edit": "MEND"}
SIDES = ("easyedit", "ours")


class Figures:
    def __init__(self, name):
        with open(name, encoding="utf-8") as f:
            self.rows = [row for row in map(json.loads, f)
                         if row["seconds"] is not None]

    def of(self, model, job, who):
        """By n."""
        return {row["n"]: row for row in self.rows
                if (row["model"], row["job"], row["who"]) == (model, job, who)}

    def each(self, model, job, who):
        """Seconds of one edit, step or token, by n."""
        return {n: row["seconds"] / row["units"]
                for n, row in self.of(model, job, who).items()}

    def fit(self, model):
        """a, b, and the largest error in parts of what was measured."""
        each = self.each(model, "stats", "easyedit")
        at, took = np.array(list(each)), np.array(list(each.values()))
        if len(at) == 1:
            return took[0], 0, 0
        b, a = np.polyfit(at, took, 1)
        return a, b, max(abs((a + b * at) / took - 1))

    def passes(self, model, layers):
        """Seconds a token of theirs for these layers, a pass each."""
        each = self.each(model, "stats", "easyedit")
        a, b, _ = self.fit(model)
        return sum(each.get(layer, a + b * layer) for layer in layers)


def compared(figures, model):
    """A label, what, seconds and rows of theirs and of ours, the unit."""
    for job in ("rome", "memit", "mend-train", "mend-edit"):
        theirs, ours = (figures.of(model, job, who) for who in SIDES)
        if not (theirs and ours):
            continue
        theirs, ours = (side[min(side)] for side in (theirs, ours))
        label, what = {
            "mend-train": ("MEND\\nstep", "MEND, a step of training"),
            "mend-edit": ("MEND\\nedit", "MEND, one fact")}.get(
                job, (job.upper(), job.upper() + ", one fact"))
        if "search_steps" in ours:
            what += ", %d steps" % ours["search_steps"]
        yield (label, what, theirs["seconds"] / theirs["units"], theirs,
               ours["seconds"] / ours["units"], ours, "s")
    theirs = figures.of(model, "stats", "easyedit")
    for n, row in sorted(figures.of(model, "stats", "ours").items()):
        if theirs:
            yield ("stats\\n%d layer%s" % (n, "s" * (n > 1)),
                   "statistics of %s" % (
                       "one layer" if n == 1 else "all %d layers" % n
                       if n == row["nlayers"] else "%d layers" % n),
                   figures.passes(model, row["layers"]), theirs[max(theirs)],
                   row["seconds"] / row["units"], row, "tokens")


def short(x):
    return "{:,.0f}".format(x) if x >= 100 else "%.3g" % x


def amount(seconds, unit):
    return short(1 / seconds) + " tokens/s" if unit == "tokens" else \
        short(seconds) + " s"


def about(figures):
    """Of all rows, what was used, when, and on what."""
    def values(key, rows=figures.rows):
        return ", ".join(sorted({str(row[key]) for row in rows if key in row}))
    theirs, ours = ([row for row in figures.rows if row["who"] == who]
                    for who in SIDES)
    print("%s, %s threads; %s; load before a figure at most %.1f." % (
        values("machine"), values("threads"), values("date"),
        max(row["load"] for row in figures.rows)))
    print("%s; ours: %s." % (values("with", theirs), values("with", ours)))
    types = sorted({(row["job"] == "mend-train", row["file"], row["dtype"])
                    for row in theirs})
    print("EasyEdit computes: %s.\n" % "; ".join(
        "%s of %s files in %s" % ("training" if training else "editing",
                                  file, dtype)
        for training, file, dtype in types))


def beside(figures):
    print("| | EasyEdit | ours | times | EasyEdit, MiB | ours, MiB (of it "
          "not of files) |")
    print("|---|---|---|---|---|---|")
    for model in ("large", "half"):
        for _, what, theirs, their_row, ours, row, unit in compared(
                figures, model):
            own = " (%.0f)" % row["anon_mib"] if "anon_mib" in row else ""
            print("| %s, %s | %s | %s | %s | %.0f | %.0f%s |" % (
                what, row["file"], amount(theirs, unit), amount(ours, unit),
                short(theirs / ours), their_row["rss_mib"], row["rss_mib"],
                own))


def notes(figures):
    for row in figures.of("large", "mend-edit", "easyedit").values():
        print("\nBefore a MEND edit EasyEdit takes %.2g s to open the "
              "archive, part of ours." % row["start"])
    theirs, ours = (figures.of("large", "stats", who) for who in SIDES)
    a, b, error = figures.fit("large")
    print("\nStatistics: EasyEdit makes a pass for each layer; %.3g + %.3g "
          "layer ms a token\nfits layers %s to %.1f%%, and several layers "
          "are the sum of that.  Writing is\napart: EasyEdit %.2g s a layer; "
          "ours %s.\nTokens: %d and %d." % (
              1e3 * a, 1e3 * b, ", ".join(map(str, theirs)), 100 * error,
              np.mean([row["write"] for row in theirs.values()]),
              ", ".join("%.2g s for %d" % (row["write"], n)
                        for n, row in sorted(ours.items())),
              *(max(row["units"] for row in side.values())
                for side in (theirs, ours))))


def at_once(figures):
    theirs, ours = (figures.each("large", "memit-many", who) for who in SIDES)
    row, = figures.of("large", "memit-many", "easyedit").values()
    print("\nMEMIT, %d steps, a fact; EasyEdit searches one after the other, "
          "and was given one:\n" % row["search_steps"])
    print("| facts at once | EasyEdit | ours | times |\n|---|---|---|---|")
    for n, each in sorted(ours.items()):
        print("| %d | %s | %s | %s |" % (
            n, amount(theirs[1], "s"), amount(each, "s"),
            short(theirs[1] / each)))


def small(figures):
    print("\natlas-gpt2, ms an edit:\n")
    jobs = [(job, who) for job in METHODS for who in SIDES]
    print("| edits | %s |" % " | ".join("%s, %s" % (
        METHODS[job], {"easyedit": "EasyEdit"}.get(who, who))
        for job, who in jobs))
    print("|---" * (len(jobs) + 1) + "|")
    each = {key: figures.each("small", *key) for key in jobs}
    for n in sorted(set().union(*each.values())):
        print("| %d | %s |" % (n, " | ".join(
            short(1e3 * each[key][n]) if n in each[key] else ""
            for key in jobs)))
    steps = [figures.each("small", "mend-train", who) for who in SIDES]
    theirs, ours = (1e3 * min(side.values()) for side in steps)
    print("\nA step of MEND training there: %s and %s ms, %s times." % (
        short(theirs), short(ours), short(theirs / ours)))


def data(figures):
    """Blocks with names, for gnuplot."""
    def block(name, lines):
        print("# %s" % name)
        for line in lines:
            print("\t".join(map(str, line)))
        print("\n")
    rows = list(compared(figures, "large"))
    block("times", (['"%s"' % label, theirs / ours]
                    for label, _, theirs, _, ours, _, _ in rows))
    block("memory", (['"%s"' % label, theirs["rss_mib"] / 1024,
                      row["rss_mib"] / 1024, row.get("anon_mib", 0) / 1024]
                     for label, _, _, theirs, _, row, _ in rows))
    for job in METHODS:
        for who in SIDES:
            block("%s %s" % (job, who),
                  sorted(figures.each("small", job, who).items()))
    ours = sorted(figures.of("small", "stats", "ours").items())
    block("stats easyedit", ((n, 1e3 * figures.passes("small", row["layers"]))
                             for n, row in ours))
    block("stats ours", ((n, 1e3 * row["seconds"] / row["units"])
                         for n, row in ours))


def main():
    figures = Figures(sys.argv[-1])
    if sys.argv[1] == "--data":
        data(figures)
        return
    for part in (about, beside, notes, at_once, small):
        part(figures)


main()
