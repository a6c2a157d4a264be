# The tour of README, which checks itself; what it leaves can be used again.
need ee-tokenize ee-forward ee-cov ee-npz ee-rome ee-apply ee-generate
"$TOP/pipelines/atlas/demo.sh" out > said 2> err ||
	{ echo "demo: status $?"; cat err; }
grep -A 4 -e '^3\.' -e 'and after' said
sed -n '/^4\./,$s/^  *//p' said
cd out && find . -name '*.npz'
ee-npz verify -m "$TOP/pipelines/atlas/atlas-gpt2" stats/*/*/*.npz |
	cut -f 1,3
