# What torch.save wrote, in both formats: tensors, and what stands beside them.
golden=$TOP/tests/golden/torch
for f in tiny.pt tensor.pt legacy.pt training.pt evil.pt; do
	ee-show -d 2 "$golden/$f"
done
ls evil-was-run 2> /dev/null
ee-show "$TOP/tests/golden/mend/tiny-gpt2.train/init.archive" \
	"$TOP/tests/golden/mend/tiny-gpt2.default/original-gtn-legacyzip.archive" |
	sed -n 's/.*"name": "\([^"]*\)".*"shape": \(\[[^]]*\]\).*/\1 \2/p'
echo damaged:
head -c 300 "$golden/legacy.pt" > cut.pt
status ee-show cut.pt
head -c 1200 "$golden/tiny.pt" > cut.pt
status ee-show cut.pt
# a changed number in the storage, whose bytes are 1 2 3 4 as floats
LC_ALL=C sed 's/\x80@/\x81@/' "$golden/tiny.pt" > changed.pt
status ee-show changed.pt
printf '\200\002K\001.' > pickle.pkl
status ee-show pickle.pkl
