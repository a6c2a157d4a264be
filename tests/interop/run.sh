#!/bin/sh
# Streams and files to and from Python: with msgpack, msgpack-numpy and numpy;
# and models, with torch and transformers, where those can be had.
#
# PYTHON names an interpreter that has them; without it, or if it is not
# there, a venv is made in $BUILD/venv.
cd "$(dirname "$0")/../.." || exit 1
: "${BIN:=$PWD/bin}" "${BUILD:=$PWD/build}" "${CC:=cc}"
: "${PYTHON:=$BUILD/venv/bin/python}"
PATH=$BIN:$PATH
PYTHONDONTWRITEBYTECODE=1	# a test leaves no file behind
export PATH BIN BUILD CC PYTHON PYTHONDONTWRITEBYTECODE

[ -x "$PYTHON" ] || PYTHON=$(command -v "$PYTHON") ||
	PYTHON=$BUILD/venv/bin/python
case $PYTHON in
/*) ;;
*) PYTHON=$PWD/$PYTHON ;;
esac
venv=
[ "$PYTHON" != "$BUILD/venv/bin/python" ] || venv=yes
has() { "$PYTHON" -c "import $1" > /dev/null 2>&1; }
if ! has 'numpy, msgpack, msgpack_numpy'; then
	[ -n "$venv" ] || {
		echo "interop: $PYTHON has no msgpack-numpy"
		exit 1
	}
	python3 -m venv "$BUILD/venv" &&
		"$PYTHON" -m pip install -q numpy msgpack msgpack-numpy || exit 1
fi
# large, and not for every machine
if [ -n "$venv" ] && ! has 'torch, transformers'; then
	"$PYTHON" -m pip install -q torch==2.13.0 &&
		"$PYTHON" -m pip install -q transformers==5.23.0 safetensors
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

libs=${PKG_LIBS-$(pkg-config --libs msgpack zlib jansson yaml-0.1 \
	libpcre2-8 libutf8proc openblas)}
for program in copy resave rearchive; do
	# shellcheck disable=SC2086	# flags are words
	$CC -std=c11 -O1 -D_GNU_SOURCE $SAN -Ilib -o "$work/$program" \
		tests/interop/$program.c "$BUILD/libee.a" $libs \
		-lm -pthread || exit 1
done

# part NAME COMMAND...: run it; it says how many passed and failed
part() {
	name=$1
	shift
	"$@" > "$work/part" 2>&1 ||
		grep -q 'passed, [1-9][0-9]* failed' "$work/part" ||
		echo "interop: $name: 0 passed, 1 failed" >> "$work/part"
	cat "$work/part"
	cat "$work/part" >> "$work/said"
}
part streams "$PYTHON" tests/interop/streams.py "$work/copy"
part files "$PYTHON" tests/interop/files.py "$work"
if has 'torch, transformers'; then
	part torch "$PYTHON" tests/interop/torchfiles.py "$work" \
		"$work/resave"
	part archives "$PYTHON" tests/interop/archives.py "$work" \
		"$work/rearchive"
	part models "$PYTHON" tests/interop/models.py "$work"
	part eval "$PYTHON" tests/interop/eval.py "$work"
	part mend "$PYTHON" tests/interop/mend.py "$work"
	part texts "$PYTHON" tests/interop/texts.py "$work"
else
	echo "interop: models: skipped: $PYTHON has no torch and transformers"
fi
part man tests/man/run.sh man/ee-stream.5
sed -n 's/.*: \([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' "$work/said" |
	awk '{ ok += $1; bad += $2; n++ }
		END { if (n < 3) bad++
			printf "interop: %d passed, %d failed\n", ok, bad
			exit bad > 0 }'
