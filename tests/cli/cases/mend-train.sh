# A hypernetwork learns: what it says, what it leaves behind, and what must
# not make a difference.
need ee-mend-train ee-mend-apply ee-show
model=$TOP/tests/golden/models/tiny-gpt2
g=$TOP/tests/golden/mend/tiny-gpt2.train
sed 's/"max_iters": [0-9]*/"max_iters": 60/
	s/"val_interval": [0-9]*/"val_interval": 20/
	s/"log_interval": [0-9]*/"log_interval": 30/
	s/"accumulate_bs": [0-9]*/"accumulate_bs": 4/
	s/"lr": [0-9.]*/"lr": 0.001/; s/"lr_lr": [0-9.]*/"lr_lr": 0.0001/' \
	"$g/config.json" > p.json
train() { ee-mend-train -m "$model" -p p.json -j 1 --train "$g/train.json" \
	--val "$g/val.json" "$@"; }
same() { cmp "$1" "$2" && echo "$3"; }

train -o a --log a.log 2>&1 | sed 's/[0-9]\.[0-9]*/N/'
ls
sed 's/"seconds": [0-9.e-]*/"seconds": S/
	s/\(": -*\)[0-9]*\.[0-9e-]*/\1N/g; s/\(\[\|, \)-*[0-9]*\.[0-9e-]*/\1N/g
	s/"by": "[^"]*"/"by": B/' a.log
grep '"val"' a.log | sed 's/.*"loss\/total_edit_val": \([^,]*\),.*/\1/' |
	awk 'NR == 1 { first = $1 } { last = $1 }
	END { print last < first ? "it learns" : "it does not learn" }'

train -q -o b
same a.last b.last 'again: the same, byte for byte'
train -q -o c --memory 1K
same a.last c.last 'in a spill file: the same'
train -q -o d --max-iters 20
train -q -o d --max-iters 32 --resume
train -q -o d --resume --log d.log
same a.last d.last 'stopped twice and resumed: the same'
same a d 'and the same best'
train -o d --resume 2>&1 | sed 's/[0-9]\.[0-9]*/N/'
train -q -o e --seed 7
cmp -s a.last e.last || echo 'another seed: another result'
train -q -o f --outer edit
cmp -s a.last f.last || echo 'the loss on the edit: another result'

# the best is the best: what is kept is the archive of that validation
best=$(sed -n 's/.*"best_step": \([0-9]*\).*/\1/p' a.log | tail -n 1)
train -q -o best --max-iters "$best"
same a best 'kept: the best state'
cp a old
train -q -o a
same old a.bk 'what was there: .bk'

# some of the records held out instead
ee-mend-train -q -m "$model" -p p.json --train "$g/train.json" --hold-out 3 \
	-o held --log held.log
grep -o '"train": [0-9]*, "val": [0-9]*' held.log

# trained on from an archive; EasyEdit's way; an edit with it
train -q -o on --archive a --max-iters 20
train -q -o like --like easyedit --max-iters 20
echo '{"prompt": "Ada Verrin was born in", "target_new": "Vantaa"}' |
	ee-mend-apply -q -m "$model" -p p.json --archive a > edit.ee
ee-show edit.ee | grep -c '"weight"'

# a signal: the state is saved, and the end is the same
ee-mend-train -q -m "$model" -p p.json -j 1 --train "$g/train.json" \
	--val "$g/val.json" -o s --max-iters 100000 2> s.err &
pid=$!
while [ ! -s s.last ]; do sleep 0.05; done
kill -TERM $pid
wait $pid
echo "status $?"
sed 's/[0-9][0-9]* iterations/N iterations/' s.err
made=$(sed -n 's/.*after \([0-9]*\) iterations.*/\1/p' s.err)
most=$(((made / 20 + 2) * 20))
train -q -o s --max-iters $most --resume
train -q -o t --max-iters $most
same s.last t.last 'stopped by a signal and resumed: the same'
