#!/bin/sh
# Streams to and from Python (msgpack, msgpack-numpy).
#
# PYTHON names an interpreter that has them; without it, or if it is not
# there, a venv is made in $BUILD/venv.
cd "$(dirname "$0")/../.." || exit 1
: "${BIN:=$PWD/bin}" "${BUILD:=$PWD/build}" "${CC:=cc}"
: "${PYTHON:=$BUILD/venv/bin/python}"
PATH=$BIN:$PATH
export PATH BIN BUILD CC PYTHON

[ -x "$PYTHON" ] || PYTHON=$(command -v "$PYTHON") ||
	PYTHON=$BUILD/venv/bin/python
if ! "$PYTHON" -c 'import msgpack, msgpack_numpy' 2> /dev/null; then
	[ "$PYTHON" = "$BUILD/venv/bin/python" ] || {
		echo "interop: $PYTHON has no msgpack-numpy"
		exit 1
	}
	python3 -m venv "$BUILD/venv" &&
		"$PYTHON" -m pip install -q numpy msgpack msgpack-numpy || exit 1
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# shellcheck disable=SC2086	# flags are words
$CC -std=c11 -O1 -D_GNU_SOURCE $SAN -Ilib -o "$work/copy" \
	tests/interop/copy.c "$BUILD/libee.a" \
	${PKG_LIBS-$(pkg-config --libs msgpack zlib)} -lm -pthread || exit 1

"$PYTHON" tests/interop/streams.py "$work/copy" > "$work/said" 2>&1
cat "$work/said"
tests/man/run.sh man/ee-stream.5 > "$work/man" 2>&1 || cat "$work/man"
cat "$work/said" "$work/man" |
	sed -n 's/.*: \([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' |
	awk '{ ok += $1; bad += $2; n++ }
		END { if (n < 2) bad++
			printf "interop: %d passed, %d failed\n", ok, bad
			exit bad > 0 }'
