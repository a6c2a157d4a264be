# What the charts share.  Variables: tsv, models, methods; png is the result.
set datafile separator "\t"
set encoding utf8
set border 3 linecolor "#666666"
set tics nomirror textcolor "#333333"
set grid ytics linecolor "#dddddd" linetype 1
nm = words(models)
nk = words(methods)
# Okabe and Ito's colours, which the colour-blind can tell apart
colour(i) = word("#0072B2 #E69F00 #009E73 #CC79A7 #56B4E9 #D55E00 #000000 \
	#999999", i)
shape(i) = int(word("7 5 9 11 13 15 3 1", i))
# the number of the column of that name
field(name) = int(system(sprintf("head -n 1 '%s' | tr '\\t' '\\n' | \
	grep -nx '%s' | cut -d: -f1", tsv, name)))
# the rows of a model and a method, by number of edits
rows(m, k) = sprintf("< awk -F '\\t' '$1 == \"%s\" && $2 == \"%s\"' '%s' | \
	sort -t '\t' -k3,3g", m, k, tsv)
