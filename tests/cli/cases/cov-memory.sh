# What does not fit is refused before the work starts, with commands that run:
# their groups give what one pass with enough memory gives.
need ee-tokenize ee-forward ee-cov ee-npz
cp -r "$TOP/tests/golden/models/tiny-gpt2" model
head -n 60 "$TOP/tests/golden/inputs/corpus.txt" > corpus.txt
taps='transformer.h.{0-3}.mlp.c_proj:in'
pipe() { ee-tokenize -m model corpus.txt | ee-forward -m model -t "$taps" -t transformer.h.0:out; }
pipe | ee-cov -v > all.ee
ee-npz save -q -d all < all.ee
echo '-- too much: nothing is read, no statistics begin'
pipe 2> /dev/null | ee-cov --memory 13M > none 2> said
echo "status $?"
cat said
wc -c < none
sed -n '/^ee-tokenize/p' said > commands
sh -e commands
for f in group-*.ee; do
	ee-npz save -q -d groups < "$f"
done
for f in all/*/*/*.npz; do
	ee-npz cat "$f" mom2.mom2 > a
	ee-npz cat "groups/${f#all/}" mom2.mom2 | cmp - a && echo same
done
echo '-- a plan; quiet; one tap too many'
pipe | ee-cov --memory 13M --plan
pipe | ee-cov --plan --collect mean | sed -n '$p'
pipe 2> /dev/null | ee-cov -q --memory 13M
pipe 2> /dev/null | ee-cov --memory 100K
pipe 2> /dev/null | ee-cov --memory 100K --plan | sed -n '$p'
echo '-- usage'
for n in 4X M '' 0 -1 4GG; do
	ee-cov --memory "$n" 2>&1 | sed -n 1p
done
for n in 3 0/2 3/2 1/9; do
	pipe=$(ee-tokenize -m model corpus.txt | ee-forward -m model -t "$taps" --group $n 2>&1 | sed -n 1p)
	echo "$pipe"
done
