"""Rows of run.py as a Markdown table, or as data for beside.gp.

    python table.py took.jsonl > table.md
    python table.py --data took.jsonl > beside.dat
    gnuplot -e "data='beside.dat'" beside.gp > beside.svg
"""
import json
import sys

NAMES = {"rome": "ROME", "memit": "MEMIT", "stats": "statistics",
         "mend-edit": "MEND edit", "mend-train": "MEND training"}


def time(row, side):
    """Seconds of one edit, fact or step; tokens a second."""
    each = row[side]["each"]
    if row["unit"] == "token":
        return "%.0f tokens/s" % (1 / each)
    return "%.3g s" % each


def table(rows):
    first = rows[0]
    print("%s, %d threads; %s; %d layers, keys of %d; %s.\n" % (
        first["machine"], first["threads"], first["theirs"]["with"],
        first["layers"], first["width"], first["date"]))
    print("| | EasyEdit | ours | times | EasyEdit, MiB | ours, MiB |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print("| %s, %s | %s | %s | %.1f | %.0f | %.0f |" % (
            NAMES[row["job"]], row["what"], time(row, "theirs"),
            time(row, "ours"), row["ratio"], row["theirs"]["peak_mib"],
            row["ours"]["peak_mib"]))


def data(rows):
    for row in rows:
        print('"%s, %s"\t%.4g' % (NAMES[row["job"]], row["what"],
                                  row["ratio"]))


def main():
    as_data = sys.argv[1] == "--data"
    with open(sys.argv[-1]) as f:
        rows = [json.loads(line) for line in f]
    (data if as_data else table)(rows)


main()
