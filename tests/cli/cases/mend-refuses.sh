# What ee-mend-apply refuses, and what it says then.
need ee-mend-apply
golden=$TOP/tests/golden
model=$golden/models/tiny-gpt2
g=$golden/mend/tiny-gpt2.default
echo '{"prompt": "{} speaks", "subject": "Bo", "target_new": "Danish"}' > r.json
mend() {	# TEXT ARGUMENTS
	text=$1
	shift
	fails "$text" ee-mend-apply -q -m "$model" "$@"
	! grep -q records fails.out || echo "an end record: $*"
	cat fails.err
}
one() { mend "$1" -p "$g/config.json" --archive "$g/random.archive" "$2"; }
changed() {	# TEXT SCRIPT
	sed "$2" "$g/config.json" > changed.json
	mend "$1" -p changed.json --archive "$g/random.archive" r.json
}

echo '- archives'
mend 'archive' -p "$g/config.json" r.json
mend 'nowhere' -p "$g/config.json" --archive nowhere r.json
mend 'corpus.txt' -p "$g/config.json" --archive "$golden/inputs/corpus.txt" r.json
head -c 90000 "$g/random.archive" > cut.archive
mend 'cut' -p "$g/config.json" --archive cut.archive r.json
mend 'another model' -p "$g/config.json" \
	--archive "$golden/mend/tiny-gptj.default/random.archive" r.json
mend 'mlp.layers.0.u' -p "$g/config.json" \
	--archive "$golden/mend/tiny-gpt2.twonets/random.archive" r.json
changed '8' 's/"rank": .*/"rank": 8,/'
changed 'layers.2' 's/"n_hidden": .*/"n_hidden": 2,/'

echo '- inner_params'
changed 'no matrix' 's/h.2.mlp.c_proj/h.9.mlp.c_proj/'
changed 'no matrix' 's/h.2.mlp.c_proj/h.2.mlp.down_proj/'
changed 'no matrix' 's/h.2.mlp.c_proj/h.2.ln_1/'
changed 'once' 's/h.2.mlp.c_proj/h.3.mlp.c_proj/'
changed 'inner_params' 's/inner_params/params/'
changed 'IDMLP' 's/"IDMLP"/"MLP"/'
changed 'excludes' 's/"x_only": false/"x_only": true/'
mend 'inner_params' -p "$TOP/pipelines/hparams/ROME/gpt2-xl.yaml" r.json

echo '- requests'
: > none.json
echo '[]' > empty.json
one 'is empty' none.json
one 'no requests' empty.json
echo '{"prompt": "Bo speaks"}' > a.json
one 'target_new' a.json
echo '{"prompt": "{} speaks", "target_new": "Danish"}' > a.json
one 'subject' a.json
echo '{"prompt": "{} {}", "subject": "a", "target_new": "Danish"}' > a.json
one 'twice' a.json
echo '[1]' > a.json
one 'a.json' a.json
one 'nowhere.json' nowhere.json

echo '- edits'
mend 'max-norm' -p "$g/config.json" --archive "$g/random.archive" \
	--max-norm 1e-3 r.json
cp -r "$model" broken
chmod -R u+w broken
start=$(od -An -t u8 -N 8 broken/model.safetensors)
at=$(grep -ao 'h\.1\.mlp\.c_fc\.bias":[^}]*' broken/model.safetensors |
	sed 's/.*offsets":\[\([0-9]*\),.*/\1/')
printf '\000\000\300\177' | dd of=broken/model.safetensors bs=1 \
	seek=$((8 + start + at)) conv=notrunc 2> /dev/null
model=broken
mend 'not finite' --force -p "$g/config.json" \
	--archive "$g/random.archive" r.json

echo '- usage'
ee-mend-apply -p h r.json 2> err
sed 1q err
ee-mend-apply -m m r.json 2> err
sed 1q err
ee-mend-apply -m m -p h --sequential --independent r.json 2> err
sed 1q err
ee-mend-apply -m m -p h --like rome r.json 2> err
sed 1q err
