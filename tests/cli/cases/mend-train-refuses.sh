# What a training refuses, and what it leaves behind when it fails.
need ee-mend-train
models=$TOP/tests/golden/models
g=$TOP/tests/golden/mend/tiny-gpt2.train
# hparams FILE EDIT: hyper-parameters, with a change
hparams() {
	sed 's/"max_iters": [0-9]*/"max_iters": 40/
		s/"val_interval": [0-9]*/"val_interval": 10/
		s/"max_length": [0-9]*/"max_length": 60/
		s/"lr_lr": [0-9.]*/"lr_lr": 0.0001/; '"$2" \
		"$g/config.json" > "$1"
}
hparams p.json ''
train() {
	hyper=$1
	shift
	ee-mend-train -q -m "$models/tiny-gpt2" -p "$hyper" -j 1 -o a \
		--train "$g/train.json" --val "$g/val.json" "$@"
}

# options
status ee-mend-train 2> /dev/null
status ee-mend-train -q -m m -p p --train t -o a 2> /dev/null
status ee-mend-train -m m -p p --train t --val v --hold-out 1 -o a 2> /dev/null
status train p.json --resume --archive a 2> /dev/null
status train p.json --outer inner 2> /dev/null
status train p.json more 2> /dev/null

# records
echo '[]' > none.json
fails 'none.json: no records' train p.json --train none.json
echo '{"src": "Rome is in", "alt": "France"}' > half.json
fails "half.json: record 1: 'rephrase' is missing" train p.json \
	--train half.json
echo '{"prompt": "Rome is in", "target_new": " "}' > empty.json
fails "case 1: 'Rome is in': an empty answer" \
	train p.json --val empty.json
echo '{"what": 1}' > what.json
fails "what.json: record 1: no 'requested_rewrite'" train p.json \
	--train what.json
printf '[{"src": 1' > cut.json
fails 'cut.json' train p.json --train cut.json
fails 'nowhere.json' train p.json --val nowhere.json
hparams short.json 's/{/{"max_length": 3,/'
fails 'every record is longer than max_length, 3 tokens' train short.json
fails '10 to hold out' ee-mend-train -q -m "$models/tiny-gpt2" -p p.json \
	-o a --train "$g/train.json" --hold-out 10 --like easyedit
rm -f a a.last

# hyper-parameters
hparams only.json 's/"eval_only": false/"eval_only": true/'
fails 'eval_only is true: these are the parameters to edit with' \
	train only.json
hparams drop.json 's/"dropout": 0.0/"dropout": 0.1/'
fails 'dropout 0.1: nothing is dropped here: want 0' train drop.json
hparams key.json 's|loss/total_edit_val|loss/best_val|'
fails "early_stop_key 'loss/best_val': want one of loss/edit_val, loss/loc_val" \
	train key.json
hparams inner.json 's/transformer.h.3.mlp.c_fc/transformer.h.9.mlp.c_fc/'
fails 'transformer.h.9.mlp.c_fc.weight' train inner.json
hparams base.json 's/"train_base": false/"train_base": true/'
fails "'train_base': only the hypernetwork is trained here" train base.json
hparams neg.json 's/"accumulate_bs": [0-9]*/"accumulate_bs": 0/'
fails "'accumulate_bs'" train neg.json

# archives
fails 'missing.archive' train p.json --archive missing.archive
echo hello > text.archive
fails 'text.archive' train p.json --archive text.archive
fails "was made for another model: a gptj, this one is a gpt2" train p.json \
	--archive "$TOP/tests/golden/mend/tiny-gptj.train/init.archive"
hparams rank.json 's/"rank": [0-9]*/"rank": 6/'
fails 'mend.(144, 36).mlp.layers.0.u' train rank.json --archive "$g/init.archive"
fails 'a: No such file' train p.json --resume
ls

# to go on with another run's state
train p.json --max-iters 20
fails 'a.last: a run with other records, another seed' train p.json \
	--resume --seed 3
fails 'a.last: a run with other records' train p.json --resume --outer edit
hparams sgd.json 's/"opt": "Adam"/"opt": "SGD"/'
fails 'a.last' train sgd.json --resume
cp "$TOP/tests/golden/mend/tiny-gpt2.train-accum/final.archive" e
cp e e.last
fails 'e.last: no run of ee-mend-train to go on with' train p.json -o e \
	--resume

# a loss that is not finite: the last good states stay
cp a before
cp a.last before.last
hparams wild.json 's/"lr": [0-9.e-]*/"lr": 1e12/'
fails 'iterations 22 to 22: case' train wild.json --resume
cmp a before && cmp a.last before.last && echo 'what was there is there'
hparams wild.json 's/"lr": [0-9.e-]*/"lr": 1e12/
	s/"val_interval": [0-9]*/"val_interval": 1/'
fails 'the validation after 1 iterations: case' train wild.json -o w
[ -e w.last ] || echo 'nothing good, nothing kept'

# no place for it
fails 'nowhere/a' train p.json -o nowhere/a
fails '/dev/full: No space left on device' train p.json --log /dev/full
fails 'nowhere' env TMPDIR=nowhere ee-mend-train -q -m "$models/tiny-gpt2" \
	-p p.json -o a --train "$g/train.json" --val "$g/val.json" --memory 1K
