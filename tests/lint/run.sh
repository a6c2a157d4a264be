#!/bin/sh
# The rules of the house, checked by what can be checked.
#
# Each check_* function prints what is wrong and nothing else.  A check whose
# program is missing says so and is counted as skipped.  Notes are no
# failures.
cd "$(dirname "$0")/../.." || exit 1
: "${BIN:=$PWD/bin}" "${BUILD:=$PWD/build}" "${CC:=cc}"
LC_ALL=C
export LC_ALL

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

have() { command -v "$1" > /dev/null; }

# A room includes itself and rooms above it; stream, file and math never one
# another.
check_rooms() {
	for f in lib/*/*.[ch]; do
		room=${f#lib/} room=${room%%/*}
		sed -n 's|^# *include "\([^"]*\)".*|\1|p' "$f" |
		while read -r h; do
			to=${h%%/*}
			if [ ! -f "lib/$h" ]; then
				echo "$f: \"$h\": not a path from lib/"
			elif ! grep -q "^$room:.*\<$to\>" tests/lint/rooms; then
				echo "$f: $room may not include $h"
			fi
		done
	done
}

# Each foreign library has one door.
check_doors() {
	while read -r header allowed; do
		case $header in '<'*) ;; *) continue ;; esac
		name=$(echo "$header" | tr -d '<>')
		grep -ln "^# *include <$name" lib/*/*.[ch] tools/*.[ch] |
		while read -r f; do
			for a in $allowed; do
				# shellcheck disable=SC2254
				case $f in $a) continue 2 ;; esac
			done
			echo "$f: <$name> belongs to $allowed"
		done
	done < tests/lint/rooms
}

check_names() {
	for f in lib/*/*.[ch] lib/*.h tools/*.[ch]; do
		echo "${f##*/}"
	done | sort | uniq -d | sed 's/$/: not the only file of that name/'
}

# lib/ee.h lists what is public, and so what is installed: what tools use,
# and what those headers include; but not a macro called TRY.
check_umbrella() {
	sed -n 's|^#include "\(.*\)"|\1|p' lib/ee.h > "$work/public"
	while read -r h; do
		[ -f "lib/$h" ] || echo "lib/ee.h: no lib/$h"
		sed -n 's|^#include "\(.*\)"|\1|p' "lib/$h"
	done < "$work/public" > "$work/used"
	sed -n 's|^#include "\(.*/.*\)"|\1|p' tools/*.[ch] >> "$work/used"
	sort -u "$work/used" | while read -r h; do
		grep -qx "$h" "$work/public" || [ "$h" = base/try.h ] ||
			echo "lib/ee.h: does not include $h"
	done
}

check_symbols() {
	nm -g --defined-only "$BUILD/libee.a" |
		awk 'NF == 3 && $3 !~ /^_*ee_/ && $3 !~ /^(__asan|__odr|__ubsan)/ \
			{ print $3 ": a symbol without ee_" }'
}

# The library neither prints nor exits.
check_silence() {
	grep -nE '\<(exit|_exit|abort|printf|puts|putchar|perror|vprintf)\(|\<(stdout|stderr)\>' \
		lib/*/*.c | grep -vE '^[^:]*:[0-9]*:[[:space:]]*(/?\*|//)' |
		grep -vE '^[^:]*:[0-9]*:.*/\*.*\<(stdout|stderr|exit)\>.*\*/'
}

check_one_line() {
	(
		cd "$work" || exit 1
		# shellcheck disable=SC2086
		$CC -O2 -Wall -Werror -Wno-format-truncation -D_GNU_SOURCE \
			-I"$OLDPWD/lib" ${PKG_CFLAGS-$(pkg-config --cflags \
			openblas)} -c "$OLDPWD"/lib/*/*.c 2>&1 | head -n 20
	)
}

check_width() {
	for f in lib/*/*.[ch] lib/*.h tools/*.[ch] tests/*/*.[ch]; do
		expand "$f" | awk -v f="$f" 'length($0) > 80 {
			print f ":" NR ": wider than 80 columns" }'
	done
}

check_man() {
	for f in man/*.[1-9]; do
		mandoc -Tlint -Wwarning "$f"
	done
}

check_shell() {
	find . -path ./.git -prune -o -path "./${BUILD#"$PWD"/}" -prune -o \
		-path ./build -prune -o -type f -print |
	while read -r f; do
		case $f in
		./tests/cli/cases/*.sh)
			shellcheck -S warning -s sh -e SC2154,SC2034 "$f" ;;
		*.sh) shellcheck -S warning "$f" ;;
		*.*[!/]*) ;;
		*) head -n 1 "$f" | grep -qE '^#!.*[/ ](ba)?sh' &&
			shellcheck -S warning "$f" ;;
		esac
	done
}

# getopt's letters and names = the usage text = the man page
check_options() {
	for f in tools/ee-*.c; do
		sh tests/lint/options.sh "$f"
	done
}

notes() {
	wc -l lib/*/*.c | awk '$2 != "total" && $1 > 400 {
		print "lint: note: " $2 ": " $1 " lines" }'
	wc -l tools/*.c | awk '$2 != "total" && $1 > 200 {
		print "lint: note: " $2 ": " $1 " lines" }'
	have ctags || return
	ctags --version 2> /dev/null | grep -q Universal || return
	ctags -x --c-kinds=f --_xformat='%{end} %n %N %F' lib/*/*.c tools/*.c |
		awk '$1 - $2 + 1 > 60 { print "lint: note: " $4 ": " $3 "() has " \
			$1 - $2 + 1 " lines" }'
}

passed=0 failed=0 skipped=0
for check in rooms doors names umbrella symbols silence one_line width \
	options man:mandoc shell:shellcheck; do
	program=${check#*:} check=${check%%:*}
	if [ "$program" != "$check" ] && ! have "$program"; then
		echo "lint: $check skipped: no $program"
		skipped=$((skipped + 1))
		continue
	fi
	"check_$check" > "$work/$check.said" 2>&1
	if [ -s "$work/$check.said" ]; then
		echo "lint: $check FAILED"
		head -n 40 "$work/$check.said"
		failed=$((failed + 1))
	else
		passed=$((passed + 1))
	fi
done
notes
echo "lint: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
