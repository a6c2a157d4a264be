# shellcheck shell=sh
# lib.sh - what command-line tests have in common.

# need TOOL...: skip the case where one is not there
need() {
	for tool; do
		command -v "$tool" > /dev/null || {
			echo "skip: no $tool"
			exit 0
		}
	done
}

# status COMMAND...: run it, then say its exit status
status() {
	"$@"
	echo "status $?"
}

# fails TEXT COMMAND...: it must exit with 1, print TEXT on standard error
# in a line "<tool>: ...", and nothing but that one line
fails() {
	text=$1
	shift
	"$@" > fails.out 2> fails.err
	code=$?
	if [ $code != 1 ]; then
		echo "exit status $code, want 1: $*"
	elif [ "$(wc -l < fails.err)" -ne 1 ] ||
		! grep -q '^ee-[a-z-]*: ' fails.err; then
		echo "want one line of message: $*"
		cat fails.err
	elif ! grep -qF -- "$text" fails.err; then
		echo "want '$text': $*"
		cat fails.err
	fi
}

# cut_everywhere FILE COMMAND...: COMMAND must fail on FILE cut to any length
# short of the whole, or to every STEP-th
cut_everywhere() {
	file=$1
	shift
	size=$(wc -c < "$file")
	n=0
	while [ $n -lt "$size" ]; do
		head -c $n "$file" > cut.in
		"$@" < cut.in > cut.out 2> cut.err
		code=$?
		if [ $code != 1 ] || [ "$(wc -l < cut.err)" -ne 1 ]; then
			echo "cut at $n of $size: exit status $code"
			cat cut.err
		fi
		n=$((n + ${STEP:-1}))
	done
	echo "cut everywhere"
}

# numbers STREAM: all values of a stream of arrays, one a line
numbers() {
	ee-npz save -q -o numbers.npz < "$1" || return
	for key in $(ee-npz ls numbers.npz | cut -f 1); do
		ee-npz cat numbers.npz "$key" | tr '\t' '\n'
	done
}

# near TOLERANCE A B: two such streams agree, within TOLERANCE times the
# largest value of A
near() {
	numbers "$2" > near.a
	numbers "$3" > near.b
	paste near.a near.b | awk -F '\t' -v tolerance="$1" '
		$1 !~ /^[-+.0-9e]+$/ { if ($1 != $2) bad = $0; next }
		{ d = $1 - $2; d = d < 0 ? -d : d; if (d > far) far = d
		  m = $1 < 0 ? -$1 : +$1; if (m > most) most = m }
		END {
			if (bad != "")
				print "differ: " bad
			else if (NR == 0 || far > tolerance * most)
				print "differ by " far " of " most
			else
				print "near"
		}'
}

# byte FILE OFFSET OCTAL: overwrite one byte
byte() {
	# shellcheck disable=SC2059
	printf "\\$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2> /dev/null
}

# Pieces of streams, as msgpack by hand.
header() {	# KIND FINGERPRINT: one letter each
	printf '\204\242ee\001\244kind\241%s\242by\246test 1' "$1"
	printf '\245model\201\253fingerprint\241%s' "$2"
}
record() {	# {"n": DIGIT, "x": f4 [1, -2]}
	printf '\202\241n\006%s' '' | tr '\006' "\\00$1"
	printf '\241x\205\304\002nd\303\304\004type\243<f4\304\004kind\304%b' \
		'\0000'
	printf '\304\005shape\221\002\304\004data\304\010'
	printf '%b' '\0000\0000\0200\0077\0000\0000\0000\0300'
}
end() {		# DIGIT records
	printf '\201\243end\201\247records%b' "\\000$1"
}

# hparams LAYERS STEPS: hyper-parameters of an edit of the tiny GPT-2, without
# statistics; hparams_llama: of the tiny LLaMA
hparams() {
	cat <<END
layers: [$1]
fact_token: subject_last
v_num_grad_steps: $2
v_lr: 5e-1
v_loss_layer: 3
v_weight_decay: 0.5
clamp_norm_factor: 4
kl_factor: 0.0625
mom2_adjustment: false
rewrite_module_tmp: transformer.h.{}.mlp.c_proj
END
}
hparams_llama() {
	hparams "$@" | sed 's/^v_loss_layer.*/v_loss_layer: 2/
		s/^rewrite.*/rewrite_module_tmp: model.layers.{}.mlp.down_proj/'
}

# memit_files: h.yaml, r.jsonl (three requests) and t.json for the tiny GPT-2,
# and memit ARG...: ee-memit on them, with its golden statistics, as $m and $s
memit_files() {
	m=$TOP/tests/golden/models/tiny-gpt2
	s=$TOP/tests/golden/stats/data
	cat > h.yaml <<'END'
alg_name: MEMIT
layers: [1, 2]
fact_token: subject_last
v_num_grad_steps: 6
v_lr: 5e-1
v_loss_layer: 3
v_weight_decay: 0.5
clamp_norm_factor: 0.75
kl_factor: 0.0625
mom2_update_weight: 5
rewrite_module_tmp: transformer.h.{}.mlp.c_proj
mom2_n_samples: 100
END
	cat > r.jsonl <<'END'
{"case_id": 1, "prompt": "{} lives in", "subject": "Ada Verrin", "target_new": "Brno"}
{"case_id": 2, "prompt": "{} speaks", "subject": "Ines Calder", "target_new": "Danish"}
{"case_id": 3, "prompt": "{} was born in", "subject": "Bo Lindqvist", "target_new": "Marsby"}
END
	echo '[["{}"], ["Because of that. {}", "It is late. {}"]]' > t.json
}
memit() {
	ee-memit -m "$m" -p h.yaml --stats "$s" --templates t.json --like rome "$@"
}

# fake_sbatch: bin/sbatch, which runs each job at once
fake_sbatch() {
	mkdir -p bin
	cat > bin/sbatch <<'END'
#!/bin/sh
# runs a job at once, and the one after it only if it went well
array=1
for arg; do
	case $arg in
	--array=1-*) array=$(seq "${arg#--array=1-}") ;;
	--dependency=afterok:*) test -f "job${arg##*:}" || exit 1 ;;
	esac
	script=$arg
done
for i in $array; do
	SLURM_ARRAY_TASK_ID=$i SLURM_CPUS_PER_TASK=1 sh "$script" >> log 2>&1 || exit 1
done
id=$(($(cat job* 2> /dev/null | wc -l) + 1))
echo "$script" > "job$id"
echo "$id"
END
	chmod +x bin/sbatch
}
