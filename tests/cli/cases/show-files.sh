# .npz and .safetensors, whole and damaged.
golden=$TOP/tests/golden
ee-show "$golden/models/tiny-gpt2/model.safetensors" | tail -n 3
for f in "$golden"/stats/broken/bad-crc.npz "$golden"/stats/broken/bad-empty.npz
do
	status ee-show "$f"
done
head -c 1000 "$golden/models/tiny-gpt2/model.safetensors" > cut.safetensors
status ee-show cut.safetensors
status ee-show nothing-there cut.safetensors
