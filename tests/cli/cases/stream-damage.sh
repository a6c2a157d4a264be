# Streams that are whole, but not right.
stream=$TOP/tests/fuzz/seeds/fuzz_stream/all-types.ee
size=$(wc -c < "$stream")
cp "$stream" a
byte a 130 377			# within the data of the first tensor
fails 'damaged: crc32 is' ee-show a
cp "$stream" a
byte a $((size - 1)) 000	# of the sum itself
fails 'damaged: crc32 is' ee-show a
{ header x m; record 1; end 2; } > a
fails 'counts 2 records, 1 have come' ee-show a
{ header x m; record 1; end 1; echo; } > a
fails 'bytes after the end map' ee-show a
{ header x m; record 1; end 1; record 2; } > a
fails 'bytes after the end map' ee-show a
{ header x m; record 1; header x m; end 1; } > a
fails 'counts 1 records, 2 have come' ee-show a
echo finished
