# Command lines that make no sense.
need ee-forward ee-rome ee-apply ee-generate
for line in \
	'ee-forward' 'ee-forward -m x' 'ee-forward -t hidden' \
	'ee-forward -m x -t hidden y' 'ee-forward -m x -t hidden --batch 0' \
	'ee-forward -m x -t hidden -j 0' 'ee-forward --no-such' \
	'ee-rome' 'ee-rome -m x' 'ee-rome -p x' 'ee-rome -m x -p y z a' \
	'ee-rome -m x -p y --like meng' 'ee-rome -m x -p y --seed -1' \
	'ee-rome -m x -p y --ridge many' 'ee-rome -m x -p y --max-norm' \
	'ee-apply' 'ee-apply -m x' 'ee-apply -m x -o y' 'ee-apply -o y z' \
	'ee-apply -m x -o y --base b z' \
	'ee-generate' 'ee-generate -m x -n ten' 'ee-generate -m x --top-k 0' \
	'ee-generate -m x --temperature 0' \
	'ee-generate -m x --templates 5' 'ee-generate -m x --templates 0:5'
do
	echo "$ $line"
	$line > out 2> err < /dev/null
	[ $? = 2 ] || echo 'WRONG status'
	head -n 1 err
	grep -q "^usage: ${line%% *}" err || echo 'WRONG: no usage'
	[ -s out ] && echo 'WRONG: something was written'
done
echo *
