#!/bin/sh
# wikipedia.sh - the articles of a Wikipedia dump as text, one a line
#
#	pipelines/corpus/wikipedia.sh [-l LENGTH] DUMP | gzip > wikipedia.txt.gz
#
# DUMP is pages-articles XML (dumps.wikimedia.org/LANGUAGEwiki), compressed by
# bzip2 or gzip or not at all, or - for standard input.  Redirects, pages
# that are no articles and those with fewer than LENGTH bytes of text (500) are
# left out.  Needs bzip2 and any awk.  A dump that is cut short ends with
# status 1.  See wikitext.awk for what becomes of the markup.
set -eu
length=500
while getopts l: option; do
	case $option in
	l) length=$OPTARG ;;
	*) sed -n '4s/^#	/usage: /p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# = 1 ] || { sed -n '4s/^#	/usage: /p' "$0" >&2; exit 2; }
[ "$1" = - ] || [ -r "$1" ] || { echo "wikipedia.sh: $1: cannot be read" >&2; exit 1; }

unpack() {
	case $1 in
	*.bz2) bzip2 -dc "$1" ;;
	*.gz)  gzip -dc "$1" ;;
	-)     cat ;;
	*)     cat "$1" ;;
	esac
}
unpack "$1" | LC_ALL=C awk -v least="$length" \
	-f "$(dirname "$0")/wikitext.awk"
