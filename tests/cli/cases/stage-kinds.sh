# A stage that is given another kind of stream says which it wants; one that
# is given a cut stream leaves nothing behind.
need ee-cov ee-npz
{ header x m; record 1; end 1; } > a
fails "is a stream of 'x', want 'activations'" ee-cov < a
fails 'is empty' ee-cov < /dev/null
{ header x m; record 1; } > short
fails 'cut short' ee-npz save -o out.npz < short
[ ! -e out.npz ] && echo 'nothing written'
