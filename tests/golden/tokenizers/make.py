#!/usr/bin/env python3
"""Make the golden data of this folder with the Python libraries.

    make.py               needs tokenizers (0.23) and sentencepiece

Reads texts.jsonl and, for each tokenizer below, its files; writes
<name>.encode.jsonl, one line for each text: ids (special tokens recognised),
plain (special tokens as text), text (what ids decode to), the last two only
where they differ from ids and from the text; and <name>.decode.jsonl: random
ids, their text, and that without special tokens where it differs.
A variant (var-*) has the last 160 texts only.
A tokenizer.model is checked to agree with sentencepiece on the plain ids.
"""
import json
import os
import random

import sentencepiece
from tokenizers import Tokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = os.path.join(HERE, "..", "models")
FOLDERS = [os.path.join(MODELS, "tiny-" + n)
           for n in ("gpt2", "gpt-neox", "llama", "llama-gqa")]
FOLDERS += sorted(f.path for f in os.scandir(HERE) if f.is_dir())


def dump(path, rows):
    with open(path, "w", encoding="utf-8") as f:
        for row in rows:
            f.write(json.dumps(row, ensure_ascii=False,
                               separators=(",", ":")) + "\n")


def encode(tok, special, text):
    tok.encode_special_tokens = not special
    return tok.encode(text, add_special_tokens=False).ids


def main():
    with open(os.path.join(HERE, "texts.jsonl"), encoding="utf-8") as f:
        texts = [json.loads(line) for line in f]
    for folder in FOLDERS:
        name = os.path.basename(folder)
        tok = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        model = os.path.join(folder, "tokenizer.model")
        sp = None
        if os.path.exists(model):
            sp = sentencepiece.SentencePieceProcessor(model_file=model)
        rows = []
        for text in texts[-160:] if name.startswith("var") else texts:
            row = {"ids": encode(tok, True, text)}
            plain = encode(tok, False, text)
            back = tok.decode(row["ids"], skip_special_tokens=False)
            if plain != row["ids"]:
                row["plain"] = plain
            if back != text:
                row["text"] = back
            if sp and sp.encode(text) != plain:
                raise SystemExit(f"{name}: sentencepiece differs: {text!r}")
            rows.append(row)
        dump(os.path.join(HERE, name + ".encode.jsonl"), rows)

        rng = random.Random(1)
        size = tok.get_vocab_size()
        rows = []
        for _ in range(100):
            ids = [rng.randrange(size if rng.random() < .5 else 300)
                   for _ in range(rng.randrange(1, 16))]
            row = {"ids": ids, "text": tok.decode(ids, False)}
            if tok.decode(ids, True) != row["text"]:
                row["skip"] = tok.decode(ids, True)
            rows.append(row)
        dump(os.path.join(HERE, name + ".decode.jsonl"), rows)


main()
