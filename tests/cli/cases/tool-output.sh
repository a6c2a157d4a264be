# Standard output that cannot take what is written.
stream=$TOP/tests/fuzz/seeds/fuzz_stream/all-types.ee
[ -c /dev/full ] || { echo 'skip: no /dev/full'; exit 0; }
ee-show "$stream" > /dev/full
echo "status $?"
ee-show --help > /dev/full
echo "status $?"
ee-show --version > /dev/full
echo "status $?"
ee-show "$stream" >&- 2> closed
echo "status $?"
grep -c 'standard output' closed
# a reader that has gone ends a tool quietly
{ header x m; for i in 1 2 3 4 5 6 7; do record $i; done; end 7; } > seven
i=0
while [ $i -lt 200 ]; do cat seven; i=$((i + 1)); done > many
{ ee-show many 2> said; echo $? > status; } | :
cat said status
