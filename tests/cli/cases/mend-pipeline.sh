# make -C pipelines mend, with less of everything.
need ee-mend-train ee-mend-apply ee-eval make
# the first 20 records of a list in which each ends with "}," or "}"
awk '{ sub(/^ \},$/, " }") } / \}$/ { n++ }
	{ print (n > 0 && n < 20 && / \}$/) ? " }," : $0 }
	n == 20 { print "]"; exit }' \
	"$TOP/pipelines/atlas/zsre-eval.json" > eval.json
make_it() { make -s -C "$TOP/pipelines" OUT="$PWD/out" BIN="$BIN" THREADS=1 \
	RECORDS_EVAL="$PWD/eval.json" HOLD_OUT=1900 \
	MEND_FLAGS='-q --max-iters 200' "$@" 2>&1; }
make_it mend | sed -n 's/^\([a-z_]* \).*\( [0-9.]*\) \[.*/\1\2/p
	/^atlas/p; /^20 records/p' | awk '
	/^rewrite/ { print $1, ($2 > 90 ? "above 90" : $2); next }
	/^rephrase/ { print $1, ($2 > 80 ? "above 80" : $2); next }
	/^locality / { print $1, ($2 > 90 ? "above 90" : $2); next }
	/^locality_acc/ { next }
	{ print }'
ls out/mend
make_it mend | grep ee-mend-train || echo 'made once'
if command -v gnuplot > /dev/null; then
	make_it mend-plot > /dev/null
	grep -c '<svg' out/mend/loss.svg
else
	echo 1	# as in the pipelines, only the picture needs it
fi
