# Edits by a hypernetwork: what must not make a difference, and what several
# edits are.
need ee-mend-apply ee-apply ee-show
model=$TOP/tests/golden/models/tiny-gpt2
g=$TOP/tests/golden/mend/tiny-gpt2.default
cat > 1.json <<'END'
{"case_id": 1, "prompt": "{} was born in", "subject": "Ada Verrin", "target_new": "Vantaa"}
END
cat > 2.json <<'END'
{"case_id": 2, "prompt": "Bo Lindqvist speaks", "target_new": " Danish"}
END
cat 1.json 2.json > both.json
mend() { ee-mend-apply -q -m "$model" -p "$g/config.json" \
	--archive "$g/random.archive" "$@"; }
shown() { ee-show "$1" | grep '^{"record"'; }
# the first number of that name in a stream
value() { ee-show "$2" | sed -n "s/.*\"$1\": \([-+.0-9e]*\).*/\1/p" |
	head -n 1; }

for how in --sequential ''; do
	ee-mend-apply -m "$model" -p "$g/config.json" $how \
		--archive "$g/random.archive" both.json 2>&1 > told.ee |
		sed 's/[-+.0-9e]*[0-9]\([ ;)]\)/N\1/g'
done
mend 1.json > 1.ee
mend 2.json > 2.ee
mend both.json > both.ee
mend --independent both.json > apart.ee
mend --sequential both.json > turn.ee
shown 1.ee | sed 's/"min.*"method"/"method"/; s/"report.*//'

shown 1.ee > 1.txt
shown 2.ee >> 1.txt
shown apart.ee | cmp 1.txt - && echo '--independent: two separate runs'
shown turn.ee | sed -n 1,4p > first
shown 1.ee | cmp - first && echo 'the first of two in turn: as alone'
mend -e 1.ee 2.json > second.ee
shown turn.ee | sed -n 5,8p > second
shown second.ee | cmp - second && echo 'the second: as with -e'
cmp -s 2.ee second.ee || echo '... and not as without'
mend < both.json > stdin.ee
shown both.ee | tee both.txt > a
shown stdin.ee | cmp - a && echo 'standard input: the same'
sed 's|"archive": null|"archive": "'"$g"'/random.archive"|' \
	"$g/config.json" > p.json
ee-mend-apply -q -m "$model" -p p.json both.json > named.ee
shown named.ee | cmp - a && echo 'archive of the hyper-parameters: the same'

# what the report promises is what the edited model says
mend -e 1.ee 1.json > again.ee
echo "$(value p_after 1.ee) $(value p_before again.ee)" |
	awk '{ d = $1 / $2 - 1
		if (d < 1e-4 && d > -1e-4) print "p_after is true"
		else print }'
echo "$(value p_before 1.ee) $(value p_after 1.ee)" |
	awk '{ if ($2 > 1000 * $1) print "and more than before"; else print }'
# an edited folder is the model with its edit
ee-apply -q -m "$model" -o edited 1.ee
mend -e 1.ee 2.json > over.ee
ee-mend-apply -q -m edited -p "$g/config.json" --force \
	--archive "$g/random.archive" 2.json > folder.ee
for value in p_before p_after update_norm; do
	echo "$(value $value over.ee) $(value $value folder.ee)"
done | awk '{ d = $1 / $2 - 1
	if (d < 1e-3 && d > -1e-3) print "-e: as the folder"; else print }'

# --like easyedit: other targets where there is padding, or a BOS
mend --like easyedit 1.json > like.ee
shown 1.ee > a
shown like.ee | cmp - a && echo 'one GPT-2 request: the same'
mend --like easyedit both.json > like.ee
shown like.ee | cmp -s - both.txt || echo 'two: padding is learned too'
