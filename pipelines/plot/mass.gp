# S against the number of edits, a panel for each model.
load "plot/common.gp"
set terminal pngcairo size 1200,800 font "sans,11" background "white" noenhanced
set output png
set logscale x
set xrange [0.8:1250]
set xtics (1, 10, 100, 1000)
set yrange [0:105]
set ytics 20
set errorbars 0.6
set multiplot layout (nm + 1) / 2,(nm > 1 ? 2 : 1) \
	margins 0.05,0.98,0.16,0.95 spacing 0.05,0.13
c = field("S")
# a little apart, so that intervals do not cover one another
at(k, edits) = edits * (1 + 0.06 * (k - (nk + 1) / 2.0))
do for [i = 1:nm] {
	set title word(models, i).": S (%)"
	if (i + 2 > nm) { set xlabel "edits" } else { unset xlabel }
	if (i == nm) {
		set key at screen 0.5,0.02 center bottom horizontal \
			samplen 2.5 width 2 maxrows 1
	} else { unset key }
	plot for [k = 1:nk] rows(word(models, i), word(methods, k)) using \
		(at(k, $3)):c:(column(c + 1)):(column(c + 2)) \
		with yerrorbars linecolor rgb colour(k) pointtype -1 \
		linewidth 1.2 notitle, \
	for [k = 1:nk] rows(word(models, i), word(methods, k)) using \
		(at(k, $3)):c with linespoints linecolor rgb colour(k) \
		pointtype shape(k) pointsize 1.2 linewidth 2 \
		title word(methods, k)
}
unset multiplot
