# Files are written under the names that the peers' own files have.
need ee-npz
cd "$TOP/tests/golden/stats/data" || exit
find . -name '*.npz' ! -name '*float16*' ! -name '*{batch_tokens}*' | sed 's|^\./||' | sort > "$OLDPWD/want"
cd - > /dev/null || exit
while read -r f; do
	case $f in
	*float64*) precision=float64 ;;
	*) precision=float32 ;;
	esac
	ee-npz load "$TOP/tests/golden/stats/data/$f" > one.ee
	size=$(ee-npz cat "$TOP/tests/golden/stats/data/$f" sample_size)
	case $size in
	nan | None | '') size= ;;
	*) size="--sample-size $size" ;;
	esac
	# shellcheck disable=SC2086
	ee-npz save -q -d written --dataset wikipedia --model-name "${f%%/*}" \
		--precision $precision $size < one.ee
done < want
cd written && find . -name '*.npz' | sed 's|^\./||' | sort | diff ../want -
wc -l < ../want
