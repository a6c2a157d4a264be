# shellcheck shell=sh
# account.sh - what the work of each tool consists of; read by run.sh.
#
# Two tables.  The first: the arithmetic that a tool has the BLAS do and the
# bytes of its arguments, counted (tests/flops/count.c) in a run of its own
# by the BLAS alone; then seconds, and GFLOP/s against the best of sgemm
# and ssyrk just before and after.  "vocab" is the vocabulary's part of the
# arithmetic.  The second: parts of a hundred of the processors' time, from
# perf, by the table in stages.awk: products, what the BLAS and oneDNN do
# around them (packing), attention, norms and activations, losses over the
# vocabulary, half precision converted, copies, streams, the kernel, waiting.

: "${top:?}" "${dir:?}" "${atlas:?}" "${cores:?}" "${CC:?}"

make_counter() {
	# shellcheck disable=SC2086 # its words
	"$CC" -O1 -fPIC -shared -D_GNU_SOURCE ${PKG_CFLAGS-} -o count.so \
		"$top/tests/flops/count.c" -ldl || fail 'count.c'
}

# where NAME COMMAND...: a row of 'shares'
where() {
	name=$1
	shift
	command -v perf > /dev/null &&
		perf record -q -F 499 -o perf.data "$@" > /dev/null 2>&1 &&
		perf report -q -i perf.data --sort dso,symbol -t ';' --stdio \
			> report 2> /dev/null && [ -s report ] || return 0
	printf '%-22s%s\n' "$name" \
		"$(awk -f "$top/tests/bench/stages.awk" report)" >> shares
}

# account NAME INPUT WIDTH VOCAB COMMAND...: a row
account() {
	name=$1 input=$2 width=$3 vocab=$4
	shift 4
	rm -f counted
	COUNT=$dir/counted COUNT_VOCAB=$vocab LD_PRELOAD=$dir/count.so \
		"$@" < "$input" > /dev/null 2> log ||
		fail "$(echo "$*"; cat log)"
	before=$(peak "$cores" "$width")
	syrk=$(peak "$cores" "$width" ssyrk)
	measure "$@" < "$input" > /dev/null
	sgemm=$(better "$before" "$(peak "$cores" "$width")")
	syrk=$(better "$syrk" "$(peak "$cores" "$width" ssyrk)")
	echo "$(cat counted) $(cat took) $sgemm $syrk" |
		awk -v name="$name" '{
			all = ($1 + $2) / 1e3
			printf "%-22s %8.2f %7.2f %7.2f %6.1f %8.3f " \
				"%7.1f %6.1f %6.1f %6.0f %6.0f\n",
				name, $1 / 1e3, $2 / 1e3, $3 / 1e3,
				$1 ? 100 * $4 / $1 : 0, $5, all / $5,
				100 * all / $5 / $9, 100 * all / $5 / $10,
				$7, $8
		}' >&3
	where "$name" "$@" < "$input"
}

# account_all MODEL WIDTH VOCAB TAP MASS STEPS MEND ITERATIONS: 'tokens',
# 'templates.json' are there; without statistics, for which it is too early
account_all() {
	printf '\n%-22s %8s %7s %7s %6s %8s %7s %6s %6s %6s %6s\n' \
		'accounting' 'GFLOP' 'in f64' 'GB' 'vocab%' seconds GFLOP/s \
		'%sgemm' '%ssyrk' 'RSS' anon >&3
	rm -f shares
	make_counter
	account ee-forward tokens "$2" "$3" ee-forward -m "$1" -t "$4"
	ee-forward -q -m "$1" -t "$4" < tokens > act
	account 'ee-cov, one tap' act "$2" "$3" ee-cov -q
	rm -f act
	sed -e "s/^v_num_grad_steps:.*/v_num_grad_steps: $6/" \
		-e 's/^v_lr:.*/v_lr: 1e-6/' \
		-e 's/^mom2_adjustment:.*/mom2_adjustment: false/' \
		"$5" > account.yaml
	requests 1
	account 'ee-rome, 1 edit' requests.json "$2" "$3" ee-rome -q -m "$1" \
		-p account.yaml --templates templates.json
	sed -i 's/^alg_name:.*/alg_name: MEMIT/' account.yaml
	requests 32
	account 'ee-memit, 32 targets' requests.json "$2" "$3" ee-memit -q \
		-m "$1" -p account.yaml --templates templates.json \
		--targets-only
	sed 's/^val_steps:.*/val_steps: 0/' "$7" > account.yaml
	account "ee-mend-train, $8" /dev/null "$2" "$3" ee-mend-train -q \
		-m "$1" -p account.yaml --train "$atlas/zsre-train.json" \
		--hold-out 1900 --max-iters "$8" -o account.archive
	rm -f account.archive*
	[ -s shares ] || {
		echo 'where the time goes: no perf here that may look' >&3
		return
	}
	printf '\n%-22s%s\n' 'parts of the time, %' \
		"$(awk -v names=1 -f "$top/tests/bench/stages.awk")" >&3
	cat shares >&3
}
