# Tokens of another tokenizer are refused, unless --force; tokens that do not
# say of which they are, are taken.
models=$TOP/tests/golden/models
echo 'Ada Verrin lives in Brno.' | ee-tokenize -m "$models/tiny-gpt-neox" > t.ee
ee-forward -m "$models/tiny-gpt2" -t hidden < t.ee > a.ee; echo "status $?"
ee-forward -m "$models/tiny-gpt2" -t hidden --force < t.ee > a.ee; echo "status $?"
ee-forward -m "$models/tiny-gpt-neox" -t hidden < t.ee > a.ee; echo "status $?"
