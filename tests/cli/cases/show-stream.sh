# Everything that msgpack-numpy writes, and a split tensor.
streams=$TOP/tests/fuzz/seeds/fuzz_stream
ee-show "$streams/all-types.ee"
ee-show -d 2 < "$streams/split.ee"
ee-show "$streams/all-types.ee" - < "$streams/split.ee" | grep -v '"record"'
