# --memory: one syntax everywhere; what gets how much is told before work
# starts; less memory gives the same results.
need ee-tokenize ee-forward ee-cov ee-rome ee-memit ee-eval ee-show
g=$TOP/tests/golden
m=$g/models/tiny-gpt2
cat > p.json <<'END'
{"alg_name": "ROME", "layers": [1], "fact_token": "subject_last",
 "v_num_grad_steps": 5, "v_lr": 0.5, "v_loss_layer": 3, "v_weight_decay": 0.5,
 "clamp_norm_factor": 4, "kl_factor": 0.0625, "mom2_adjustment": false,
 "context_template_length_params": [[5, 10]],
 "mom2_update_weight": 100,
 "rewrite_module_tmp": "transformer.h.{}.mlp.c_proj"}
END
sed 's/"ROME"/"MEMIT"/' p.json > mass.json
echo '[["{}"], ["It was late. {}", "Because of that. {}"]]' > templates
cat > requests <<'END'
{"case_id": 1, "prompt": "{} is in", "subject": "Brno", "target_new": "Iowa"}
{"case_id": 2, "prompt": "{} speaks", "subject": "Ada Verrin", "target_new": "Czech"}
END
head -n 20 "$g/inputs/corpus.txt" | ee-tokenize -q -m "$m" > tokens
tap='transformer.h.{0-3}.mlp.c_proj:in'
tell() { grep memory "$1"; }
# the numbers of two texts, all within a part in a thousand
near() {
	numbers "$1" > a.txt
	numbers "$2" > b.txt
	paste a.txt b.txt | awk '
	function far(d) { return d * d > 1e-6 * (1e-3 + $1 * $1) }
	far($1 - $2) { n++ }
	END { print (n ? n " differ" : NR > 20 ? "the same" : "too few") }'
}
numbers() { sed 's/--memory [^ ]*//' "$1" | tr -c '0-9.e-' '\n' | grep '^-*[0-9]'; }

for memory in 1K 100M; do
	echo "-- $memory"
	ee-forward -v -j 1 --memory $memory -m "$m" -t "$tap" < tokens \
		2> said | ee-cov -q > $memory.stats
	tell said
	ee-rome -v -j 1 --memory $memory -m "$m" -p p.json \
		--templates templates requests 2> said > $memory.rome
	tell said
	ee-memit -v -j 1 --memory $memory -m "$m" -p mass.json \
		--targets-only --templates templates requests 2> said \
		> $memory.targets
	tell said
	ee-eval -v -j 1 --memory $memory -m "$m" --format easyedit requests \
		2> said > $memory.scores
	tell said
done

echo '-- the results'
for memory in 1K 100M; do
	ee-show -d 100 $memory.targets | grep '^{"record"' \
		> $memory.targets.txt
	ee-npz save -q -d $memory < $memory.stats
done
near 1K.targets.txt 100M.targets.txt
near 1K.scores 100M.scores
for f in 1K/*/*/*.npz; do
	ee-npz diff "$f" "100M${f#1K}" |
		awk -F '\t' '$1 == "frobenius" { print $2 < 1e-5 }'
done
echo '-- usage'
for n in 4X M '' 0 -1 4GG 1e30; do
	ee-rome --memory "$n" 2>&1 | sed -n 1p
done
