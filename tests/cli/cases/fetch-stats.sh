# Statistics downloaded, from a server on loopback.
need ee-npz curl
no_proxy='*'
export no_proxy
$CC -D_GNU_SOURCE -o httpd "$TOP/tests/cli/httpd.c" || exit
name=transformer.h.1.mlp.c_proj_float32_mom2_100.npz
other=transformer.h.2.mlp.c_proj_float32_mom2_100.npz
at=site/tiny/wikipedia_stats
mkdir -p $at
cp "$TOP/tests/golden/stats/data/tiny-gpt2/wikipedia_stats/$name" $at
cp $at/$name $at/$other
cat > h.yaml <<'END'
layers: [1, 2]
rewrite_module_tmp: "transformer.h.{}.mlp.c_proj"
mom2_n_samples: 100
mom2_dtype: "float32"
END
# serve [CUT]: as $url
serve() {
	[ -z "$pid" ] || kill "$pid"
	rm -f port
	./httpd site log "$@" > port &
	pid=$!
	while [ ! -s port ]; do sleep 0.02; done
	url=http://127.0.0.1:$(cat port)
}
trap 'kill "$pid"' EXIT
fetch() {
	make -s -C "$TOP/pipelines" fetch-stats MODEL=tiny OUT="$PWD/out" \
		BIN="$BIN" FETCH_URL="$url" FETCH_HPARAMS="$PWD/h.yaml" \
		> said 2>&1
	code=$?
	grep '^fetch' said | sed 's|http://[^/]*|URL|'
	[ $code = 0 ] || echo 'make failed'
}
to=out/stats/tiny/wikipedia_stats
echo '- broken off, and resumed'
serve 40000
fetch
ls $to
wc -c < $to/$name.part
fetch
ls $to
cmp $to/$name $at/$name
cat log
echo '- there already: nothing is asked for'
: > log
fetch
cat log
echo '- all there but for the last step'
mv $to/$name $to/$name.part
fetch
ls $to
echo '- damaged on the way: refused, fetched anew'
rm $to/$other
head -c 5000 $at/$other > $to/$other.part
byte $to/$other.part 3000 377
fetch
ls $to
cmp $to/$other $at/$other
echo '- damaged at the source'
rm $to/$other
byte $at/$other 3000 377
fetch
tail -n 5 said | grep -c CRC-32
ls $to
echo '- of another sample'
cp "$TOP/tests/golden/stats/broken/bad-sample-size.npz" $at/$other
fetch
grep -o 'sample size 99, want 100' said
echo '- of another model'
make -s -C "$TOP/pipelines" fetch-stats OUT="$PWD/x" BIN="$BIN" FETCH_MODEL=tiny \
	MODEL="$TOP/tests/golden/models/tiny-llama" FETCH_URL="$url" \
	FETCH_HPARAMS="$PWD/h.yaml" 2>&1 | grep -o "model.*is no module of this model"
echo '- more than there is, then what is there'
cat $at/$name $at/$name > $to/$other.part
cp $at/$name $at/$other
fetch
cmp $to/$other $at/$other
echo '- not there'
rm $at/$other $to/$other
fetch
ls $to
echo '- no such model'
make -s -C "$TOP/pipelines" fetch-stats MODEL=nothing FETCH_URL="$url" 2>&1 | grep '^fetch'
make -s -n -C "$TOP/pipelines" fetch-files MODEL=gpt-j-6B BIN="$BIN" OUT=o \
	FETCH_WANTED=x_float32_mom2_7.npz | tr -s ' \t\\\n' ' ' && echo
