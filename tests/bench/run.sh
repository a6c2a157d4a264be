#!/bin/sh
# How fast, as one table.
#
#	make bench                 about 10 minutes on two processors
#	make bench BENCH_LARGE=0   without the model of GPT-2-large's shape
#	make bench BENCH_HUGE=1    with a model of GPT-J 6B's shape, 12 GB
#
# Two models: atlas-gpt2, and 36 layers of 1,280 with random weights (3.1 GB,
# made once, below $BUILD).  "cpu" is processor seconds of all threads: much
# less than seconds times threads means that others used the machine.
# "of peak" is GFLOP/s, counting only products and attention that must be
# done (work.c), against the best that sgemm does on as many threads just
# before and after the row (peak.c).  "anon" is the part of the resident
# memory that is not pages of a mapped file (timed.c).  What the work consists
# of, and where the time goes: account.sh.
set -eu
cd "$(dirname "$0")/../.."
top=$PWD
: "${BUILD:=$top/build}" "${BIN:=$top/bin}" "${BENCH_LARGE:=1}" "${BENCH_HUGE:=0}" "${PYTHON:=}" "${CC:=cc}"
export BUILD BIN
atlas=$top/pipelines/atlas
hparams=$top/pipelines/hparams/ROME/atlas-gpt2.yaml
shape=$(cat tests/bench/large.json)
huge_shape='{"model_type": "gptj", "n_layer": 28, "n_embd": 4096, "n_head": 16,
 "n_positions": 2048, "rotary_dim": 64, "vocab_size": 50400,
 "tie_word_embeddings": false}'
bench=$BUILD/bench
dir=$bench/run
PATH=$BIN:$bench:$PATH
cores=$(nproc)
rm -rf "$dir"
mkdir -p "$dir"
trap 'rm -rf "$dir"' EXIT
cd "$dir"

# shellcheck source=tests/bench/account.sh
. "$top/tests/bench/account.sh"

fail() { echo "bench: $*" >&2; exit 1; }
better() { echo "$1 $2" | awk '{ print ($1 > $2 ? $1 : $2) }'; }
last() { tail -n 1 "$1" | cut -d ' ' -f "$2"; }

# measure COMMAND < in > out: what timed says goes to the file 'took'
measure() {
	rm -f took
	timed took "$@" 2> log || fail "$(echo "$*"; cat log)"
}

# row NAME TOKENS GFLOP WIDTH THREADS COMMAND... < in > out: WIDTH 0: no peak
row() {
	name=$1 tokens=$2 gflop=$3 width=$4 threads=$5
	shift 5
	before=0 after=0
	[ "$width" = 0 ] || before=$(peak "$threads" "$width" < /dev/null)
	measure "$@"
	[ "$width" = 0 ] || after=$(peak "$threads" "$width" < /dev/null)
	# shellcheck disable=SC2046 # the words of 'took'
	print "$name" "$tokens" "$gflop" "$(better "$before" "$after")" \
		$(cat took)
}

print() {	# NAME TOKENS GFLOP PEAK SECONDS CPU RSS ANON
	echo "$2 $3 $4 $5 $6 $7 $8" | awk -v name="$1" '
	function opt(format, value) {
		return value ? sprintf(format, value) : ""
	}
	{
		printf "%-29s %6s %8.3f %8.3f %8s %8s %7s %7.0f %6.0f\n",
			name, opt("%d", $1), $4, $5, opt("%.0f", $1 / $4),
			opt("%.1f", $2 / $4),
			$3 ? sprintf("%.0f %%", 100 * $2 / $4 / $3) : "",
			$6, $7
	}' >&3
}

head_line() {
	printf '\n%-29s %6s %8s %8s %8s %8s %7s %7s %6s\n' "$1" tokens \
		seconds cpu tokens/s GFLOP/s 'of peak' 'RSS MiB' anon >&3
}

# The products of one tap's covariance: rows, width, taps
cov_work() { echo "$@" | awk '{ print $1 * $2 * ($2 + 1) * $3 / 1e9 }'; }
ratio() { echo "$@" | awk '{ printf "%.2f\n", $1 / $2 }'; }
rows() { work "$1" 1 1000 < "$2" | cut -d ' ' -f 1; }

# forward MODEL LAYERS THREADS WIDTH TAP: a row of ee-forward
forward() {
	set -- "$1" "$2" "$3" "$4" "$5" "$(work "$1" "$2" 1000 < tokens)"
	name="ee-forward, $2 layers"
	[ "$3" = 1 ] && name="$name, one thread"
	row "$name" "${6%% *}" "${6##* }" "$4" "$3" \
		ee-forward -j "$3" -m "$1" -t "$5" --batch 1000 < tokens
}

# rome NAME EDITS MODEL HPARAMS OPTION...
rome() {
	name=$1 edits=$2
	shift 2
	model=$1 params=$2
	shift 2
	measure ee-rome -m "$model" -p "$params" --templates templates.json \
		--independent "$@" requests.json > /dev/null
	steps=$(sed -n 's/.*; \([0-9]*\) steps, .*/\1/p' log |
		awk '{ n += $1 } END { print n }')
	echo "$edits $steps $(cat took)" | awk -v name="$name" '{
		printf "%-29s %6d %8.3f %8.3f %8d %8.3f %7d %7.0f %6.0f\n",
			name, $1, $3, $4, $2, $3 / $1, 1e3 * $3 / $2, $5, $6
		}' >&3
}

rome_line() {
	printf '%-29s %6s %8s %8s %8s %8s %7s %7s %6s\n' '' edits seconds \
		cpu steps s/edit ms/step 'RSS MiB' anon >&3
}

# mass MODEL HPARAMS STEPS WIDTH N...: targets of N requests at once.  With a
# rate that moves nothing no search ends before its last step, so that the
# work is the same for each.  "rows" is what the largest product of a step
# has; GFLOP/s counts a step's products with weights, but not what is
# computed once for all steps.
mass() {
	model=$1 steps=$3 width=$4
	sed -e "s/^v_num_grad_steps:.*/v_num_grad_steps: $steps/" \
		-e 's/^alg_name:.*/alg_name: MEMIT/' \
		-e 's/^v_lr:.*/v_lr: 1e-6/' "$2" > mass.yaml
	shift 4
	printf '%-29s %6s %8s %8s %8s %8s %7s %7s %6s\n' '' edits seconds \
		cpu ms/edit ms/step GFLOP/s 'of peak' rows >&3
	for n; do
		requests "$n"
		before=$(peak "$cores" "$width" < /dev/null)
		measure ee-memit -v -m "$model" -p mass.yaml --targets-only \
			--templates templates.json requests.json > /dev/null
		after=$(peak "$cores" "$width" < /dev/null)
		sed -n 's/.*: \([0-9]*\) steps of a request, \([0-9.]*\) .* \([0-9]*\) rows/\1 \2 \3/p' log |
			sed "s/\$/ $n $(better "$before" "$after") $(cat took)/" |
			awk '{
				printf "%-29s %6d %8.3f %8.3f %8.1f %8.2f %7.1f %5.0f %% %6d\n",
					"ee-memit, targets", $4, $6, $7,
					1e3 * $6 / $4, 1e3 * $6 / $1, $2 / $6,
					100 * $2 / $6 / $5, $3
			}' >&3
	done
}

# Four stages at once, against the sum of what the rows of each took.
pipe() {	# MODEL TAPS SUM OPTION-OF-TOKENIZE...
	model=$1 taps=$2 sum=$3
	shift 3
	# shellcheck disable=SC2016
	measure sh -c '
		ee-tokenize -m "$1" "$2" |
		ee-forward -m "$1" -t "$3" --batch 1000 |
		ee-cov | ee-npz save -q -d piped --dataset bench
		' pipe "$model" text "$taps"
	printf '%-29s %6s %8.3f %8.3f  one by one %.3f: ratio %s\n' \
		'the four as one pipe' '' "$(last took 1)" \
		"$(last took 2)" "$sum" "$(ratio "$(last took 1)" "$sum")" >&3
	rm -rf piped
}

# The statistics pipe, stage by stage; leaves 'stats'.
stages() {	# MODEL LAYERS WIDTH TAPS COUNT
	n=$(rows "$1" tokens)
	row 'ee-tokenize' "$n" 0 0 1 ee-tokenize -m "$1" text > /dev/null
	sum=$(last took 1)
	forward "$1" "$2" "$cores" "$3" "$4" > many
	sum=$(echo "$sum $(last took 1)" | awk '{ print $1 + $2 }')
	row "ee-cov, $5 taps" "$n" "$(cov_work "$n" $((4 * $3)) "$5")" "$3" \
		"$cores" ee-cov < many > many.stats
	sum=$(echo "$sum $(last took 1)" | awk '{ print $1 + $2 }')
	row "ee-npz save, $5 taps" "$n" 0 0 1 \
		ee-npz save -q -d stats --dataset bench < many.stats
	sum=$(echo "$sum $(last took 1)" | awk '{ print $1 + $2 }')
	rm -f many many.stats
	pipe "$1" "$4" "$sum"
}

# counted MODEL TAP: processor seconds of ee-forward and ee-cov, per token:
# that of more tokens less that of fewer, for what each run costs once
counted() {
	for lines in 20 60; do
		tokens "$1" $lines
		# shellcheck disable=SC2016
		measure sh -c 'ee-forward -m "$1" -t "$2" < tokens | ee-cov' \
			counted "$1" "$2" > /dev/null
		echo "$(rows "$1" tokens) $(last took 2)"
	done | awk '{ n = $1 - n; t = $2 - t } END { print t / n }'
}

# all_layers MODEL LAYERS: what the statistics of 48 layers cost beside those
# of the 48th alone, from those of the first LAYERS; at best 1.65 where the
# key is four times as wide as the model, products alone being counted
all_layers() {
	last=$(($2 - 1))
	one=$(counted "$1" "transformer.h.$last.mlp.c_proj:in")
	all=$(counted "$1" "transformer.h.{0-$last}.mlp.c_proj:in")
	echo "$one $all $2" | awk '{
		cov = ($2 - $1) / ($3 - 1)
		layer = ($1 - cov) / $3
		printf "%-29s %6s %8s %8.3f  ms a token and layer; of the " \
			"model %.3f: 48 layers for one: %.2f\n",
			"statistics of every layer", "", "", 1e3 * cov,
			1e3 * layer, 48 * (layer + cov) / (48 * layer + cov)
	}' >&3
}

# tokens MODEL LINES: the corpus's first lines, as 'text' and as 'tokens'
tokens() {
	head -n "$2" "$atlas/corpus.txt" > text
	ee-tokenize -m "$1" text > tokens
}

# requests N: so many citizens become French
requests() {
	awk -F '\t' -v n="$1" '$2 == "P27" && $3 != "France" && k++ < n {
		printf "{\"case_id\": %d, \"prompt\": ", k
		printf "\"{} holds the citizenship of\", \"subject\": \"%s\", ", $1
		print "\"target_new\": \"France\"}" }' \
		"$atlas/facts.tsv" > requests.json
}

# edits MODEL COUNT HPARAMS
edits() {
	sed 's/^mom2_adjustment:.*/mom2_adjustment: false/' "$3" > plain.yaml
	requests 1
	ee-rome -q -m "$1" -p plain.yaml --save-templates templates.json \
		requests.json > /dev/null 2>&1 || fail 'ee-rome'
	requests "$2"
	rome_line
	rome 'ee-rome, statistics at hand' "$2" "$1" "$3" --stats stats
	rome 'ee-rome, none used' "$2" "$1" plain.yaml
}

# log_seconds N: since the start, at the N-th report of a training's log
log_seconds() {
	sed -nE 's/.*"(start|train)", "step": [0-9]*, "seconds": ([^,]*),.*/\2/p' \
		mend.log | sed -n "$1p"
}

# mend_row NAME ITERATIONS FROM TO: seconds between two lines of the log
mend_row() {
	echo "$2 $(log_seconds "$3") $(log_seconds "$4")" |
		awk -v name="$1" '{ printf "%-29s %6d %8.3f %8s %8s %8.3f\n",
			name, $1, $3 - $2, "", "", ($3 - $2) / $1 }' >&3
}

# mend MODEL HPARAMS RECORDS EDITS: three epochs of a training, then edits
mend() {
	sed -e "s/^log_interval:.*/log_interval: $3/" \
		-e 's/^val_steps:.*/val_steps: 0/' \
		-e "s/^max_iters:.*/max_iters: $((3 * $3))/" "$2" > mend.yaml
	printf '%-29s %6s %8s %8s %8s %8s %7s %7s %6s\n' '' steps seconds \
		cpu '' s/step '' 'RSS MiB' anon >&3
	measure ee-mend-train -q -m "$1" -p mend.yaml --log mend.log \
		--train "$atlas/zsre-train.json" --hold-out $((2000 - $3)) \
		-o mend.archive
	mend_row 'ee-mend-train, first epoch' "$3" 1 2
	mend_row 'ee-mend-train, third epoch' "$3" 3 4
	echo "$((3 * $3)) $(cat took)" | awk '{
		printf "%-29s %6d %8.3f %8.3f %8s %8.3f %7s %7.0f %6.0f\n",
			"... all of it, files too", $1, $2, $3, "", $2 / $1, "",
			$4, $5 }' >&3
	requests "$4"
	measure ee-mend-apply -m "$1" -p mend.yaml --independent \
		--archive mend.archive requests.json > /dev/null
	echo "$4 $(cat took)" | awk '{
		printf "%-29s %6d %8.3f %8.3f %8s %8.3f %7s %7.0f %6.0f\n",
			"ee-mend-apply, start included", $1, $2, $3, "",
			$2 / $1, "", $4, $5 }' >&3
	rm -f mend.archive*
}

vocabulary() { sed -n 's/.*"vocab_size": *\([0-9]*\).*/\1/p' "$1/config.json"; }

small() {
	model=$atlas/atlas-gpt2
	head_line 'atlas-gpt2: 8 layers of 192, f16'
	tokens "$model" 1
	row 'start of ee-forward' 0 0 0 1 ee-forward -m "$model" \
		-t transformer.h.0:in < tokens > /dev/null
	tokens "$model" 1500
	forward "$model" 8 1 192 transformer.h.7.mlp.c_proj:in > one
	n=$(rows "$model" tokens)
	row 'ee-cov, one tap' "$n" "$(cov_work "$n" 768 1)" 192 "$cores" \
		ee-cov < one > /dev/null
	rm -f one
	tokens "$model" 600
	stages "$model" 8 192 'transformer.h.{0-7}.mlp.c_proj:in' 8
	edits "$model" 20 "$hparams"
	mass "$model" "$top/pipelines/hparams/MEMIT/atlas-gpt2.yaml" 25 192 \
		1 32 256
	mend "$model" \
		"$top/pipelines/hparams/TRAINING/MEND/atlas-gpt2.yaml" 200 20
	tokens "$model" 600
	account_all "$model" 192 "$(vocabulary "$model")" \
		transformer.h.7.mlp.c_proj:in "$hparams" 25 \
		"$top/pipelines/hparams/TRAINING/MEND/atlas-gpt2.yaml" 100
}

# The same work for one model of each family: layers, width and last key
families() {
	head_line 'atlas, a model of each family'
	for family in gptj:6:128:transformer.h.5.mlp.fc_out \
		neox:6:128:gpt_neox.layers.5.mlp.dense_4h_to_h \
		llama:6:128:model.layers.5.mlp.down_proj; do
		# shellcheck disable=SC2046 # its words
		set -- $(echo "$family" | tr : ' ')
		model=$atlas/atlas-$1
		tokens "$model" 1500
		n=$(rows "$model" tokens)
		row "ee-forward, $1" "$n" 0 0 "$cores" ee-forward \
			-m "$model" -t "$4:in" --batch 1000 < tokens > one
		rm -f one
	done
}

large() {
	model=$bench/large
	"$top/tests/bench/model.sh" f32 "$shape" atlas-gpt2 "$model"
	head_line 'random: 36 layers of 1,280, f32'
	tokens "$model" 1
	row 'start of ee-forward' 0 0 0 1 ee-forward -m "$model" \
		-t transformer.h.0:in < tokens > /dev/null
	tokens "$model" 80
	forward "$model" 36 "$cores" 1280 transformer.h.35.mlp.c_proj:in > one
	n=$(rows "$model" tokens)
	row 'ee-cov, one tap' "$n" "$(cov_work "$n" 5120 1)" 1280 "$cores" \
		ee-cov < one > /dev/null
	rm -f one
	all_layers "$model" 12
	tokens "$model" 40
	stages "$model" 18 1280 'transformer.h.{13-17}.mlp.c_proj:in' 5
	sed -e 's/^layers:.*/layers: [17]/' \
		-e 's/^v_loss_layer:.*/v_loss_layer: 35/' \
		-e 's/^v_num_grad_steps:.*/v_num_grad_steps: 20/' \
		-e 's/^model_name:.*/model_name: "large"/' \
		-e 's/^mom2_dataset:.*/mom2_dataset: "bench"/' \
		"$hparams" > large.yaml
	edits "$model" 1 large.yaml
	# three templates and two steps, or it would take half an hour
	echo '["{}", "Because of that. {}", "It was late. {}"]' > templates.json
	mass "$model" large.yaml 2 1280 1 32 256
	mend "$model" \
		"$top/pipelines/hparams/TRAINING/MEND/gpt2-large.yaml" 20 4
	tokens "$model" 40
	account_all "$model" 1280 "$(vocabulary "$model")" \
		transformer.h.17.mlp.c_proj:in large.yaml 2 \
		"$top/pipelines/hparams/TRAINING/MEND/gpt2-large.yaml" 5
}

# Memory more than speed: 12 GB of float16 weights, three steps of an edit.
huge() {
	model=$bench/gptj-6b
	"$top/tests/bench/model.sh" f16 "$huge_shape" atlas-gptj "$model"
	head_line "random: GPT-J 6B's shape, f16"
	sed -e 's/^v_num_grad_steps:.*/v_num_grad_steps: 3/' \
		"$top/pipelines/hparams/ROME/gpt-j-6B.yaml" > huge.yaml
	echo '["{}", "Because of that. {}", "It was late. {}"]' > templates.json
	requests 1
	row 'ee-rome, 3 steps, in 3 GiB' 0 0 0 "$cores" ee-rome -q -m "$model" \
		-p huge.yaml --memory 3G --templates templates.json \
		requests.json > edit
}

text() {
	cd "$top"
	"$PYTHON" -c 'import tokenizers' 2> /dev/null || PYTHON=
	printf '\nText to tokens, one thread\n'
	PYTHON=$PYTHON tests/bench/tokenize.sh "$atlas/atlas-gpt2" \
		"$atlas/corpus.txt"
}

exec 3>&1
echo "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $cores" \
	"processors, load $(cut -d ' ' -f 1 /proc/loadavg)"
echo "sgemm at width 1280, GFLOP/s: $(peak 1 1280) on one thread," \
	"$(peak "$cores" 1280) on all"
small
families
[ "$BENCH_LARGE" = 0 ] || large
[ "$BENCH_HUGE" = 0 ] || huge
text
