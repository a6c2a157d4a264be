# With --stop argmax a target ends as soon as its tokens are the likeliest,
# which is no later than with the loss alone.
m=$TOP/pipelines/atlas/atlas-gpt2
cat > r.jsonl <<'EOF'
{"case_id": 1, "prompt": "{} holds the citizenship of", "subject": "Aaron Copland", "target_new": "France"}
{"case_id": 2, "prompt": "{} holds the citizenship of", "subject": "Adam Smith", "target_new": "Italy"}
EOF
echo '[["{}"], ["Because of that. {}", "It is late. {}"]]' > t.json
targets() { ee-memit -q -m "$m" -p "$TOP/pipelines/hparams/MEMIT/atlas-gpt2.yaml" --templates t.json --targets-only "$@" r.jsonl; }
targets > loss.ee
targets --stop loss > same.ee
targets --stop argmax > argmax.ee
member() { ee-show "$2" | sed -n "s/.*\"$1\": \"*\([^,\"}]*\).*/\1/p"; }
member ended loss.ee
member ended argmax.ee
member steps loss.ee > a
member steps same.ee | cmp - a
member steps argmax.ee > b
paste a b | awk '{ if ($2 >= $1) print $2, "steps, not fewer than", $1 }'
ee-memit --stop never 2>&1 | head -n 1
