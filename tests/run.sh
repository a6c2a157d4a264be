#!/bin/sh
# Run parts of the tests and add up what they say.
#
#	tests/run.sh PART...	unit, cli, flops, lint, man, interop
#
# Every part ends with a line "<part>: N passed, N failed"; the last line
# here is the sum.  A part that does not get that far counts as one failure.
cd "$(dirname "$0")/.." || exit 1
: "${BUILD:=$PWD/build}" "${BIN:=$PWD/bin}"
export BUILD BIN
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

run() {
	case $1 in
	unit) "$BUILD/unit" ;;
	*) "tests/$1/run.sh" ;;
	esac
}

passed=0 failed=0
for part; do
	{ run "$part" 2>&1; echo "status $?"; } | tee "$log" |
		grep -v '^status [0-9]*$'
	tally=$(sed -n "s/^$part: \([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p" \
		"$log" | tail -n 1)
	status=$(tail -n 1 "$log")
	ok=${tally%% *} bad=${tally##* }
	if [ -z "$tally" ]; then
		echo "$part: did not finish ($status)"
		ok=0 bad=1
	elif [ "$status" != 'status 0' ] && [ "$bad" = 0 ]; then
		echo "$part: $status"
		bad=1
	fi
	passed=$((passed + ok)) failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
