#!/bin/sh
# Run the command-line tests.
#
#	tests/cli/run.sh [--regenerate] [CASE...]	names without .sh
#
# Each cases/CASE.sh runs with sh in an empty folder of its own, with the
# tools first in PATH, $TOP the root of the repository and the functions of
# lib.sh.  What it prints on standard output and standard error (its path
# made short), and its exit status, must be what cases/CASE.expect says;
# --regenerate writes that file instead.  A case that prints "skip: reason"
# first is counted as skipped.
cd "$(dirname "$0")/../.." || exit 1
TOP=$PWD
: "${BIN:=$TOP/bin}" "${BUILD:=$TOP/build}" "${CC:=cc}"
PATH=$BIN:$PATH
LC_ALL=C
export TOP BIN BUILD PATH CC LC_ALL
# a make that a case runs is no part of the one that runs the tests
unset MAKEFLAGS MFLAGS MAKELEVEL

regenerate=
if [ "$1" = --regenerate ]; then
	regenerate=yes
	shift
fi
if [ $# = 0 ]; then
	for f in tests/cli/cases/*.sh; do
		name=${f##*/}
		set -- "$@" "${name%.sh}"
	done
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# run_case NAME: what it says, to $work/got
run_case() {
	mkdir "$work/dir"
	(
		cd "$work/dir" || exit 1
		# shellcheck disable=SC2016
		sh -c '. "$TOP/tests/cli/lib.sh"; . "$1"' case \
			"$TOP/tests/cli/cases/$1.sh" \
			< /dev/null > "$work/out" 2> "$work/err"
		echo "exit $?" > "$work/status"
	)
	{
		cat "$work/out"
		sed "s|^|stderr: |" "$work/err"
		cat "$work/status"
	} | sed -e "s|$work/dir|.|g" -e "s|$TOP|TOP|g" > "$work/got"
	rm -rf "$work/dir"
}

passed=0 failed=0 skipped=0
for name; do
	run_case "$name"
	expect=tests/cli/cases/$name.expect
	if grep -q '^skip: ' "$work/out"; then
		echo "cli: $name: $(head -n 1 "$work/out")"
		skipped=$((skipped + 1))
	elif [ -n "$regenerate" ]; then
		cp "$work/got" "$expect"
	elif diff -u "$expect" "$work/got" > "$work/diff" 2>&1; then
		passed=$((passed + 1))
	else
		echo "cli: $name FAILED"
		cat "$work/diff"
		failed=$((failed + 1))
	fi
done
echo "cli: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
