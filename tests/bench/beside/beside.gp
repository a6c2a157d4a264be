# EasyEdit beside ours, of what table.py --data makes, four charts:
#
#	gnuplot -e "data='charts.dat'" beside.gp > charts.svg
#
# Series of edits and of layers are of atlas-gpt2, bars of GPT-2 large's shape.
set terminal svg size 1100,860 font "sans,13" background "#ffffff"
set datafile separator "\t"
set border 3 lc rgb "#666666"
set tics nomirror
set grid ytics lc rgb "#dddddd"
set style fill solid 1 noborder
# Okabe and Ito's colours; EasyEdit dashed and hollow
blue = "#0072b2"; orange = "#e69f00"; green = "#009e73"
jobs = "rome memit mend-edit"
names = "ROME MEMIT MEND"
colour(i) = word(blue." ".orange." ".green, i)
set multiplot layout 2,2 margins 0.06,0.98,0.06,0.95 spacing 0.08,0.15

set title "GPT-2 large's shape: times as fast as EasyEdit"
unset key
set logscale y
set yrange [0.5:*]
set boxwidth 0.6
set xtics scale 0 font ",11"
plot data index "times" using 0:2:xtic(1) with boxes lc rgb blue, \
	"" index "times" using 0:($2 * 1.25):(sprintf("%.3g", $2)) \
		with labels font ",11"

set title "GPT-2 large's shape: peak memory, GiB"
set key top left Left reverse
unset logscale y
set yrange [0:*]
set offsets graph 0, graph 0, graph 0.3, graph 0
set boxwidth 0.28
plot data index "memory" using ($0 - 0.3):2 with boxes lc rgb "#999999" \
		title "EasyEdit", \
	"" index "memory" using 0:3:xtic(1) with boxes lc rgb blue \
		title "ours, with the pages of the model's file", \
	"" index "memory" using ($0 + 0.3):($4 > 0 ? $4 : NaN) with boxes \
		lc rgb "#56b4e9" title "ours, without"

set title "atlas-gpt2: seconds an edit, by number of edits"
set key bottom center horizontal maxrows 2 samplen 2 Left reverse
set logscale xy
set format y "%g"
set xrange [0.8:1250]
set yrange [*:*]
set offsets graph 0, graph 0, graph 0, graph 0.2
set xtics scale 1 font ",13" (1, 3, 10, 30, 100, 300, 1000)
plot for [i = 1:3] data index word(jobs, i)." easyedit" using 1:2 \
		with linespoints dt 2 lw 2 pt 6 lc rgb colour(i) \
		title word(names, i).", EasyEdit", \
	for [i = 1:3] data index word(jobs, i)." ours" using 1:2 \
		with linespoints lw 2 pt 7 lc rgb colour(i) \
		title word(names, i).", ours"

set title "atlas-gpt2: statistics, ms a token, by number of layers"
set key top left Left reverse
unset logscale
set xrange [0:9]
set yrange [0:*]
set xtics 1
set offsets
plot data index "stats easyedit" with linespoints dt 2 lw 2 pt 6 \
		lc rgb "#999999" title "EasyEdit, a pass for each layer", \
	data index "stats ours" with linespoints lw 2 pt 7 lc rgb blue \
		title "ours, one pass"
unset multiplot
