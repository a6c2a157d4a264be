#!/bin/sh
# fetch.sh URL FILE [VERIFY-OPTION...] - download one statistics file
#
# What has come is kept in FILE.part, and the next run goes on from there.
# FILE appears when all has come and `ee-npz verify` finds it sound; what is
# not sound is removed, so that the next run starts afresh.
if [ $# -lt 2 ]; then
	echo 'usage: fetch.sh URL FILE [VERIFY-OPTION...]' >&2
	exit 2
fi
url=$1 file=$2 part=$2.part
shift 2
command -v curl > /dev/null || {
	echo "fetch: there is no curl to download $url" >&2
	exit 1
}
[ ! -e "$file" ] || exit 0
mkdir -p "$(dirname "$file")" || exit

# get: to the part, from where it ends; once from the start where the server
# knows no ranges, or none that is left
get() {
	for again in no yes; do
		curl -fsSL --retry 3 --connect-timeout 30 --speed-time 60 \
			--speed-limit 1000 -C - -o "$part" "$url"
		code=$?
		case $again$code in
		*0) return 0 ;;
		no22|no33|no36) [ -s "$part" ] && rm "$part" || break ;;
		*) break ;;
		esac
	done
	echo "fetch: $url: curl status $code; run again to go on" >&2
	exit 1
}
sound() {
	ee-npz verify -q "$@" "$part" >&2
}

if [ -s "$part" ]; then
	# All of it may be there: killed before it was renamed.
	sound "$@" 2> /dev/null || get
	sound "$@" 2> /dev/null || {
		echo "fetch: $url: what had come is damaged: from the start" >&2
		rm "$part"
	}
fi
[ -s "$part" ] || {
	get
	sound "$@"
} || {
	echo "fetch: $url: what came is not sound, and removed" >&2
	rm -f "$part"
	exit 1
}
mv "$part" "$file"
