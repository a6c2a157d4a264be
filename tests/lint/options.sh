#!/bin/sh
# options.sh tools/ee-x.c - do getopt, usage and man page agree?
#
# The source is read as the compiler sees it: the letters in getopt_long's
# string, the names and letters in its table, and the usage text; then the
# .It lines of the page.  A long name must be in the usage text unless its
# letter is; the options of every tool need not be there.
src=$1
name=${src##*/} name=${name%.c}
page=man/$name.1

text=$(${CC:-cc} -E -P -D_GNU_SOURCE -Ilib "$src" | tr '\n' ' ')
usage=$(printf '%s\n' "$text" |
	sed 's/.*static const char usage\[\] *=//; s/" *;.*//' |
	sed 's/\\[nt]/ /g; s/"[[:space:]]*"//g')
letters=$(printf '%s\n' "$text" |
	sed -n 's/.*getopt_long *([^"]*\(\("[^"]*" *\)*\),.*/\1/p' |
	sed 's/[^A-Za-z0-9]//g; s/./& /g; s/[hqvj] //g')
# "name letter" or "name number"
table=$(printf '%s\n' "$text" |
	grep -oE "\{ *\"[a-z0-9-]+\", *([012]|[a-z]+_argument), *(0|NULL|\(\(void \*\)0\)), *[^ }]*" |
	sed "s/[^\"]*\"\([^\"]*\)\".*[ ,]\([^ ,]*\)\$/\1 \2/; s/'//g" |
	grep -vE '^(help|version|quiet|verbose|threads) ')
names=$(printf '%s\n' "$table" | sed 's/ .*//')

for c in $letters; do
	echo "$usage" | grep -qE -- "(^|[^A-Za-z0-9-])-[A-Za-z]*$c" ||
		echo "$src: -$c is not in the usage text"
done
printf '%s\n' "$table" | while read -r n c; do
	[ -z "$n" ] || [ ${#c} = 1 ] ||
		echo "$usage" | grep -qE -- "--$n([^a-z0-9-]|\$)" ||
		echo "$src: --$n is not in the usage text"
done
for n in $(echo "$usage" | grep -oE -- '--[a-z][a-z0-9-]*' | sort -u); do
	case $n in --help|--version|--quiet|--verbose|--threads) continue ;; esac
	echo "$names" | grep -qx -- "${n#--}" ||
		echo "$src: $n is in the usage text only"
done

if [ ! -f "$page" ]; then
	echo "$src: no $page"
	exit
fi
items=$(grep '^\.It Fl' "$page" | tr '\n' ' ')
for c in $letters h q v j; do
	echo "$items" | grep -qE -- "Fl $c( |\$)" ||
		echo "$page: no .It for -$c"
done
for n in $names help version quiet verbose threads; do
	echo "$items" | grep -qE -- "Fl -$n( |=|\$)" ||
		echo "$page: no .It for --$n"
done
for n in $(echo "$items" | grep -oE -- 'Fl -?[A-Za-z0-9-]+' |
	sed 's/^Fl //' | sort -u); do
	case $n in
	-help|-version|-quiet|-verbose|-threads|h|q|v|j) continue ;;
	-*) echo "$names" | grep -qx -- "${n#-}" ||
		echo "$page: -$n: the tool has no such option" ;;
	*) echo " $letters " | grep -q -- " $n " ||
		echo "$page: -$n: the tool has no such option" ;;
	esac
done
