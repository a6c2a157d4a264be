# Requests whose target cannot be found because a number is not finite leave
# their batch, told; the others are edited as if those had not been there.
memit_files
mkdir bad
cp -r "$m" bad
# not a number: the embedding of every position from 30 on
start=$(od -An -t u8 -N 8 bad/tiny-gpt2/model.safetensors)
offsets=$(grep -ao 'wpe\.weight":[^}]*' bad/tiny-gpt2/model.safetensors |
	sed 's/.*shape":\[\([0-9]*\),\([0-9]*\)\].*offsets":\[\([0-9]*\),.*/\1 \2 \3/')
# shellcheck disable=SC2086 # three words
set -- $offsets
printf '\000\000\300\177' > nan
n=30
while [ $n -lt "$1" ]; do
	dd if=nan of=bad/tiny-gpt2/model.safetensors bs=4 count=1 conv=notrunc \
		seek=$(((8 + start + $3) / 4 + n * $2)) 2> dd.log || cat dd.log
	n=$((n + 1))
done
cat > long.jsonl <<'END'
{"case_id": 7, "prompt": "{}, one and two and three and four and five and six and seven and eight and nine and ten and one and two and three, lives in", "subject": "Ada Verrin", "target_new": "Brno"}
{"case_id": 8, "prompt": "One and two and three and four and five and six and seven and eight and nine and ten and one and two and three and four and {} lives in", "subject": "Ada Verrin", "target_new": "Brno"}
END
{ sed -n 2p long.jsonl; sed -n 1p r.jsonl; sed -n 1p long.jsonl; sed -n 2,3p r.jsonl; } > five.jsonl
m=bad/tiny-gpt2
echo '-- targets: both kinds are told, the rest is what it is without them'
memit --force --targets-only r.jsonl > three.ee
memit --force --targets-only five.jsonl > five.ee
echo "status $?"
ee-show five.ee | grep -o '"case": [^,]*'
near 1e-5 three.ee five.ee
echo '-- with a cache, and again from it'
for i in 1 2; do
	memit -q --force --targets-only --cache cache five.jsonl > cached.ee
	echo "status $?"
	ee-show cached.ee | grep -c '"case"'
done
echo '-- the edit, in one batch and in batches, one of them of bad ones alone'
memit -q --force r.jsonl > three.ee
memit -q --force five.jsonl > five.ee
echo "status $?"
near 1e-5 three.ee five.ee
ee-show five.ee | grep -o '"cases": [^]]*]'
memit -q --force --batch 1 five.jsonl > batches.ee
echo "status $?"
ee-show batches.ee | grep -o '"cases": [^]]*]' | uniq
echo '-- targets that lack one'
memit -q --force --targets-only r.jsonl > three.ee
memit --force --targets three.ee five.jsonl 2> said > x.ee
echo "status $?"
grep left said
echo '-- strict; none is left'
memit -q --force --strict five.jsonl > x.ee
echo "status $?"
memit -q --force --strict --targets three.ee five.jsonl > x.ee
echo "status $?"
memit -q --force long.jsonl > x.ee
echo "status $?"
echo '-- more tokens than positions'
m=$TOP/tests/golden/models/tiny-gpt2
words=$(seq -s ' ' 1 200)
{ cat r.jsonl; sed -n '1s/lives in/and '"$words"' lives in/p' r.jsonl; } > four.jsonl
memit --targets-only four.jsonl | ee-show | grep -c '"case"'
