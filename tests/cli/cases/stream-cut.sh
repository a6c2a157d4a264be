# A stream that is cut, at every record and at every byte.
header x m > a
cp a cut1
record 1 >> a; cp a cut2
record 2 >> a; cp a cut3
end 2 >> a
status ee-show a
for f in cut1 cut2 cut3; do
	status ee-show < $f
done
cut_everywhere a ee-show
STEP=29 cut_everywhere "$TOP/tests/fuzz/seeds/fuzz_stream/all-types.ee" ee-show
