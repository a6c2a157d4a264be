#!/bin/sh
# Build and run fuzz targets, FUZZ_TIME seconds each.
#
#	tests/fuzz/run.sh NAME...	environment: CC BUILD FUZZ_TIME
#
# Starts from tests/fuzz/seeds/NAME, where that is there; what it finds is
# kept in $BUILD/corpus and $BUILD/found.
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build/fuzz}" "${CC:=clang}" "${MAKE:=make}" "${FUZZ_TIME:=20}"
san='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined'
jobs=$(getconf _NPROCESSORS_ONLN)

targets=
for name; do targets="$targets $BUILD/$name"; done
mkdir -p "$BUILD"
# shellcheck disable=SC2086	# words on purpose
$MAKE -j "$jobs" BUILD="$BUILD" CC="$CC" OPT=-O1 SAN="$san" \
	WARN='-Wall -Wextra -Werror' $targets > "$BUILD.log" 2>&1 || {
	tail -n 20 "$BUILD.log"
	echo 'fuzz: 0 passed, 1 failed'
	exit 1
}
passed=0 failed=0
for name; do
	corpus=$BUILD/corpus/$name found=$BUILD/found/$name
	mkdir -p "$corpus" "$found"
	seeds=tests/fuzz/seeds/$name
	[ -d "$seeds" ] || seeds=
	# shellcheck disable=SC2086	# none, or one without blanks
	if ASAN_OPTIONS=allocator_may_return_null=1 \
		"$BUILD/$name" -max_total_time="$FUZZ_TIME" -timeout=10 \
		-rss_limit_mb=2560 -artifact_prefix="$found/" \
		"$corpus" $seeds > "$BUILD/$name.log" 2>&1; then
		runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$BUILD/$name.log")
		echo "fuzz: $name: ${runs:-no} runs"
		passed=$((passed + 1))
	else
		grep -v '^#' "$BUILD/$name.log" | tail -n 40
		echo "fuzz: $name FAILED (inputs: $found)"
		failed=$((failed + 1))
	fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" = 0 ]
