# How many times faster than EasyEdit: bars, on a logarithmic scale.
#
#	gnuplot -e "data='beside.dat'" beside.gp > beside.svg
set terminal svg size 720,420 font 'sans,13' background '#ffffff'
set logscale y
set ylabel 'times as fast as EasyEdit'
set yrange [0.5:*]
set grid ytics lc rgb '#dddddd'
set style fill solid 1 noborder
set boxwidth 0.6
set xtics rotate by -30 nomirror
set ytics nomirror
set border 3
unset key
set datafile separator '\t'
plot data using 0:2:xtic(1) with boxes lc rgb '#0072b2', \
     data using 0:($2 * 1.25):(sprintf('%.3g', $2)) with labels font ',11'
