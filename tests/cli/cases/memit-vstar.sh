# Targets from the files in which the original MEMIT keeps its v_star.
need python3
memit_files
memit -q --targets-only r.jsonl > t.ee
ee-npz save -q -o t.npz < t.ee
cat > make.py <<'END'
import struct, sys, zipfile
path, shape = sys.argv[1], sys.argv[2]
v = [float(x) for x in sys.stdin.read().split()]
head = "{'descr': '<f4', 'fortran_order': False, 'shape': (%s,), }" % shape
head = head.ljust(117) + "\n"
with zipfile.ZipFile(path, "w") as z:
    z.writestr("v_star.npy", b"\x93NUMPY\x01\x00" +
               struct.pack("<H", len(head)) + head.encode() +
               struct.pack("<%df" % len(v), *v))
END
mkdir kv
for i in 0 1 2; do
	ee-npz cat t.npz $i.v |
		python3 make.py kv/mcf_layer_2_clamp_0.75_case_$((i + 1)).npz 36
done
# others lie there too
cp kv/mcf_layer_2_clamp_0.75_case_1.npz kv/mcf_layer_1_clamp_0.75_case_2.npz
cp kv/mcf_layer_2_clamp_0.75_case_1.npz kv/mcf_layer_2_clamp_4_case_2.npz
memit -q --targets kv r.jsonl > a.ee
memit -q --targets t.ee r.jsonl > b.ee
near 1e-6 a.ee b.ee
echo '-- one of another shape, one too few'
echo '1 2 3' | python3 make.py kv/mcf_layer_2_clamp_0.75_case_2.npz 3
memit -q --targets kv r.jsonl > x.ee
rm kv/mcf_layer_2_clamp_0.75_case_2.npz
memit --targets kv r.jsonl > x.ee 2> said
echo "status $?"
grep left said
