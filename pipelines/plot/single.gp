# Bars with error bars by method: one edit at a time.
load "plot/common.gp"
set terminal pngcairo size 1200,800 font "sans,11" background "white" noenhanced
set output png
width = 0.84 / nk
set style fill solid 0.9 noborder
set boxwidth width * 0.9
set xrange [0.4:nm + 0.6]
set yrange [0:105]
set ytics 20
set xtics scale 0 ("" 0)
do for [i = 1:nm] { set xtics add (word(models, i) i) }
at(i, k, edits) = edits == 1 ? i + (k - (nk + 1) / 2.0) * width : NaN
set multiplot layout 2,2 margins 0.05,0.98,0.13,0.95 spacing 0.05,0.11
titles = "S efficacy paraphrase neighbourhood"
do for [t = 1:4] {
	name = word(titles, t)
	c = field(name)
	set title name.(name eq "S" ? ", the harmonic mean of the three (%)" : \
		" (%)")
	if (t == 3) {
		set key at screen 0.5,0.02 center bottom horizontal \
			samplen 1.2 width 2 maxrows 1
	} else { unset key }
	plot for [k = 1:nk] for [i = 1:nm] rows(word(models, i), \
		word(methods, k)) using (at(i, k, $3)):c with boxes \
		linecolor rgb colour(k) title (i == 1 ? word(methods, k) : ""), \
	for [k = 1:nk] for [i = 1:nm] rows(word(models, i), \
		word(methods, k)) using (at(i, k, $3)):(column(c + 1)):(0):\
		(column(c + 2) - column(c + 1)) with vectors heads \
		size graph 0.004,90 linecolor rgb "#222222" linewidth 1 notitle
}
unset multiplot
