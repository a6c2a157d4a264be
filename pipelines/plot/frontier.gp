# Success against neighbourhood: R-ROME with other learning rates.
load "plot/common.gp"
set terminal pngcairo size 900,700 font "sans,11" background "white"
set output png
e = field("efficacy")
p = field("paraphrase")
h = field("neighbourhood")
success(a, b) = a + b > 0 ? 2 * a * b / (a + b) : 0
set grid xtics ytics linecolor "#dddddd" linetype 1
set xlabel "success: harmonic mean of efficacy and paraphrase (%)"
set ylabel "neighbourhood (%)"
set key bottom left Left reverse box linecolor "#cccccc" opaque
set samples 400
# where S = s: 3 / s = 2 / success + 1 / neighbourhood
level(x, s) = 3.0 / s > 2.0 / x ? 1 / (3.0 / s - 2.0 / x) : NaN
rates = sprintf("< grep '\trate\t' '%s'", tsv)
stats rates using (success(column(e), column(p))) name "X" nooutput
stats rates using h name "Y" nooutput
low(x) = x - 3 > 0 ? x - 3 : 0
set xrange [low(X_min):100.5]
set yrange [low(Y_min):100.5]
plot level(x, 97) with lines dashtype 2 linecolor rgb "#777777" \
		title "S = 97", \
	level(x, 90) with lines dashtype 3 linecolor rgb "#777777" \
		title "S = 90", \
	for [i = 1:nm] rows(word(models, i), "rate") using \
		(success(column(e), column(p))):h with linespoints \
		linecolor rgb colour(i) pointtype shape(i) pointsize 1.3 \
		linewidth 2 title word(models, i), \
	for [i = 1:nm] rows(word(models, i), "rate") using \
		(success(column(e), column(p))):h:(sprintf("×%g", $3)) \
		with labels right offset -0.7,-0.5 font ",9" \
		textcolor rgb colour(i) notitle
