#!/bin/sh
# Run the examples of the man pages and README.md.
#
#	tests/man/run.sh [PAGE...]
#
# An example is a literal block (.Bd -literal ... .Ed) in the section EXAMPLES
# of a page, or a block of README.md between "```sh" lines.  The examples of
# a page run one after the other, with sh -e, in one scratch folder that
# holds what the atlas pipeline holds (model, or else atlas-gpt2 by that name;
# corpus.txt), with an installed copy of libee for pkg-config.  An example is skipped where it needs a tool
# that has not been built, a model that is not there, or a Python without
# msgpack-numpy.  A line "no test" in the paragraph before a block of README
# passes over it ("<!-- no test -->").
cd "$(dirname "$0")/../.." || exit 1
TOP=$PWD
: "${BIN:=$TOP/bin}" "${BUILD:=$TOP/build}" "${CC:=cc}"
[ $# -gt 0 ] || set -- man/*.[1-9] README.md
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
atlas=$TOP/pipelines/atlas

make -s install BUILD="$BUILD" BIN="$BIN" CC="$CC" ${SAN:+SAN="$SAN"} \
	PREFIX="$work/usr" > "$work/install.log" 2>&1 || {
	cat "$work/install.log"
	exit 1
}
PKG_CONFIG_PATH=$work/usr/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
mkdir "$work/bin"
if [ -n "$PYTHON" ] && [ -x "$PYTHON" ]; then
	printf '#!/bin/sh\nexec %s "$@"\n' "$PYTHON" > "$work/bin/python3"
	chmod +x "$work/bin/python3"
fi
[ "$CC" = cc ] || {
	printf '#!/bin/sh\nexec %s "$@"\n' "$CC" > "$work/bin/cc"
	chmod +x "$work/bin/cc"
}
PATH=$work/bin:$BIN:$PATH
export PKG_CONFIG_PATH PATH TOP

# blocks PAGE: write its examples to $work/blocks/001.sh, ...
blocks() {
	rm -rf "$work/blocks"
	mkdir "$work/blocks"
	case $1 in
	*.md) awk -v dir="$work/blocks" '
		/<!-- no test -->/ { skip = 1 }
		/^```sh$/ { n++; on = !skip; skip = 0; next }
		/^```/ { on = 0; next }
		on { print > sprintf("%s/%03d.sh", dir, n) }' "$1" ;;
	*) awk -v dir="$work/blocks" '
		/^\.Sh / { examples = $2 == "EXAMPLES" }
		/^\.Bd -literal/ && examples { n++; on = 1; next }
		/^\.Ed/ { on = 0 }
		on { gsub(/\\&/, ""); gsub(/\\-/, "-"); gsub(/\\\(aq/, "\047")
			gsub(/\\e/, "\\")
			print > sprintf("%s/%03d.sh", dir, n) }' "$1" ;;
	esac
}

# missing BLOCK: why it cannot run here
missing() {
	for tool in $(grep -oE '(^|[ |(;])ee-[a-z]+(-[a-z]+)*' "$1" |
		tr -d ' |(;' | sort -u); do
		[ -x "$BIN/$tool" ] || echo "no $tool"
	done
	grep -qE '(^|[^A-Za-z0-9./_-])model([ /]|$)' "$1" &&
		[ ! -d "$scratch/model" ] && echo 'no model'
	grep -q 'corpus\.txt' "$1" && [ ! -f "$atlas/corpus.txt" ] &&
		echo 'no corpus.txt'
	grep -qE '(^|[^a-z])python3 ' "$1" &&
		! python3 -c 'import msgpack, msgpack_numpy' 2> /dev/null &&
		echo 'no Python with msgpack-numpy'
	grep -q 'libee)' "$1" && [ -n "$SAN" ] && echo 'built with a sanitizer'
}

passed=0 failed=0 skipped=0
for page; do
	[ -f "$page" ] || continue
	scratch=$work/scratch
	rm -rf "$scratch"
	mkdir "$scratch"
	[ ! -d "$atlas" ] ||
		cp -r "$atlas/." "$TOP/pipelines/hparams" "$scratch"
	[ -d "$scratch/model" ] || [ ! -d "$scratch/atlas-gpt2" ] ||
		ln -s atlas-gpt2 "$scratch/model"
	blocks "$page"
	for block in "$work"/blocks/*.sh; do
		[ -f "$block" ] || continue
		what="$page, example $(basename "$block" .sh | sed 's/^0*//')"
		why=$(missing "$block" | tr '\n' ' ')
		if [ -n "$why" ]; then
			echo "man: $what skipped: $why"
			skipped=$((skipped + 1))
		elif (cd "$scratch" && sh -e "$block" < /dev/null) \
			> "$work/said" 2>&1; then
			passed=$((passed + 1))
			[ -z "$VERBOSE" ] || cat "$work/said"
		else
			echo "man: $what FAILED"
			head -n 12 "$block"
			head -n 40 "$work/said"
			failed=$((failed + 1))
		fi
	done
done
echo "man: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
