# Success against neighbourhood, a panel for each model: R-ROME with other
# learning rates.  Success below 80 is out of sight.
load "plot/common.gp"
set terminal pngcairo size 1200,800 font "sans,11" background "white" noenhanced
set output png
e = field("efficacy")
p = field("paraphrase")
h = field("neighbourhood")
success(a, b) = a + b > 0 ? 2 * a * b / (a + b) : 0
set grid xtics ytics linecolor "#dddddd" linetype 1
set samples 400
# where S = s: 3 / s = 2 / success + 1 / neighbourhood
level(x, s) = 3.0 / s > 2.0 / x ? 1 / (3.0 / s - 2.0 / x) : NaN
set xrange [80:101]
set yrange [80:101]
set xtics 5
set ytics 5
set multiplot layout (nm + 1) / 2,(nm > 1 ? 2 : 1) \
	margins 0.06,0.98,0.14,0.95 spacing 0.06,0.13
do for [i = 1:nm] {
	set title word(models, i).": neighbourhood (%)"
	if (i + 2 > nm) {
		set xlabel "success: harmonic mean of efficacy and paraphrase (%)"
	} else { unset xlabel }
	if (i == nm) {
		set key at screen 0.5,0.01 center bottom horizontal width 2
	} else { unset key }
	plot level(x, 97) with lines dashtype 2 linecolor rgb "#777777" \
			title "S = 97", \
		level(x, 90) with lines dashtype 3 linecolor rgb "#777777" \
			title "S = 90", \
		rows(word(models, i), "rate") using \
			(success(column(e), column(p))):h with linespoints \
			linecolor rgb colour(1) pointtype 7 pointsize 1.2 \
			linewidth 2 title "R-ROME, v_lr times", \
		rows(word(models, i), "rate") using \
			(success(column(e), column(p))):h:(sprintf("%g", $3)) \
			with labels right offset -0.7,-0.3 font ",9" notitle
}
unset multiplot
