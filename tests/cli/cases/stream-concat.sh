# Streams of one kind and model may follow one another.
{ header x m; record 1; end 1; } > a
{ header x m; record 2; record 3; end 2; } > b
{ header x m; end 0; } > none
{ header y m; record 2; end 1; } > kind
{ header x o; record 2; end 1; } > model
cat a b none a | ee-show
cat a kind | fails "a stream of 'y' follows one of 'x'" ee-show
cat a none model | fails 'a stream of model o follows one of model m' ee-show
head -c 60 b > short
cat a short | fails 'cut short after 1 records' ee-show
echo finished
