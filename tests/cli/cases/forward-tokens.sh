# Tokens that a model cannot take, and taps that it has not.
need ee-forward ee-tokenize ee-show
model=$TOP/tests/golden/models/tiny-gpt2
tap=transformer.h.0.mlp.c_proj:in

octal() { printf '%b' "\\0$(printf %o "$1")"; }
# stream TYPE ITEM-BYTES COUNT: one document whose ids have this dtype, their
# bytes on standard input
stream() {
	printf '\202\242ee\001\244kind\246tokens'
	printf '\202\242id\007\243ids\205\304\002nd\303\304\004type\243%s' "$1"
	printf '\304\004kind\304%b\304\005shape\221' '\0000'
	octal "$3"
	printf '\304\004data\304'
	octal $(($2 * $3))
	cat
	end 1
}
run() {		# WHAT ARGUMENTS < tokens
	printf '%s: ' "$1"
	shift
	ee-forward -m "$model" "$@" > out 2> err
	code=$?
	cat err
	[ $code = 1 ] && ! grep -q records out || echo "WRONG: $*"
}
printf '\177\001\000\000\005\000\000\000' | stream '<i4' 4 2 > ok
ee-forward -m "$model" -t "$tap" < ok | ee-show | grep -o '"shape": [^"]*'
printf '\177\001\000\000\200\001\000\000' | stream '<i4' 4 2 |
	run 'beyond the vocabulary' -t "$tap"
printf '\377\377\377\377' | stream '<i4' 4 1 | run 'negative' -t "$tap"
printf '\000\000\200\077' | stream '<f4' 4 1 | run 'reals' -t "$tap"
printf '\001\000\000\000\000\000\000\000' | stream '<i8' 8 1 |
	run 'wide' -t "$tap"
head -c 8 ok | run 'cut' -t "$tap"
head -c -20 ok | run 'cut later' -t "$tap"
run 'nothing' -t "$tap" < /dev/null
echo hello | run 'text' -t "$tap"

i=0
while [ $i -lt 40 ]; do printf 'The river in Brno '; i=$((i + 1)); done |
	ee-tokenize -m "$model" --max-length 1000 > long.ee
run 'too long' -t "$tap" < long.ee
for t in nowhere transformer.h.0 transformer.h.4:in "${tap%in}up" \
	'transformer.h.{0-4}:in' 'transformer.h.{3-1}:in' \
	'transformer.h.{x}:in' 'transformer.h.{0-}:in' \
	'transformer.h.{0,}:in' 'transformer.h.{0-1:in' \
	'transformer.h.{0}.{1}:in' 'transformer.h.{0-99999999999999999999}:in' \
	'{' '' hidden: 'transformer.h.01:in'; do
	run "'$t'" -t "$t" < ok
done
