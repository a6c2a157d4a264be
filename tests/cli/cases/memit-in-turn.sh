# Where the factors of all layers are more than --memory allows, each is made
# when it is wanted: the same edits, in one batch, in batches (whose keys are
# kept), and on top of an edit; statistics that are not there are told at once.
memit_files
cp h.yaml memit.yaml
{ sed 's/MEMIT/AlphaEdit/' h.yaml; echo 'nullspace_threshold: 2e-2'; echo 'L2: 10'; } > alpha.yaml
for method in memit alpha; do
	cp $method.yaml h.yaml
	for batch in 3 1; do
		memit -q --batch $batch r.jsonl > all.ee
		memit -v --memory 1K --batch $batch r.jsonl > turn.ee 2> said
		echo "$method, batches of $batch: status $?"
		grep -o 'factored.*' said
		near 1e-5 all.ee turn.ee
	done
	memit -q -e turn.ee r.jsonl > all.ee
	memit -q -e turn.ee --memory 1K r.jsonl > twice.ee
	near 1e-5 all.ee twice.ee
done
echo '-- no statistics'
s=nowhere
memit -q --memory 1K r.jsonl > x.ee 2> said
echo "status $?"
grep -c statistics said
