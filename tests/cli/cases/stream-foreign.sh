# What is no stream, or none of ours.
: > empty
fails 'standard input: is empty' ee-show < empty
fails 'is empty' ee-show empty
echo hello > text
fails 'text: is no ee stream' ee-show text
echo '{"ee": 1}' > text
fails 'is no ee stream (JSON text?)' ee-show text
head -c 100 /dev/zero > zero
fails 'is no ee stream' ee-show zero
printf '\200' > map
fails 'is no ee stream' ee-show map
printf '\202\242ee\002\244kind\241x' > newer
fails 'stream of version 2, this program reads version 1' ee-show newer
printf '\201\242ee\001' > kindless
fails "'kind' is missing" ee-show kindless
{ header x m; printf '\201\241x\335\377\377\377\377'; } > huge
fails 'more than 4194304 values' ee-show huge
{ header x m; printf '\201\241x\306\377\377\377\377abc'; } > promised
fails 'cut short' ee-show promised
{ header x m; printf '\201\241x\307\001\001a'; } > ext
fails 'msgpack type 0xc7' ee-show ext
fails 'No such file' ee-show nothing
fails 'directory' ee-show .
echo finished
