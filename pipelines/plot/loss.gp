# The losses of a training of ee-mend-train, from its log, as SVG:
#
#	gnuplot -e "log='x.log'; title='x'" loss.gp > loss.svg
#
# Lines: means over the iterations since the last one.  Points: validations.
if (!exists("log")) { print "loss.gp: log='FILE' is needed"; exit status 2 }
if (!exists("title")) title = log
set terminal svg size 720,480 font "sans,13" background "white"
of(event, key) = sprintf("< sed -n 's|.*\"event\": \"%s\", \"step\": ", event) \
	. sprintf("\\([0-9]*\\),.*\"%s\": \\([^,}]*\\).*|\\1 \\2|p' '", key) \
	. log . "'"
set title title . ": what the hypernetwork learns"
set xlabel "iterations"
set ylabel "loss"
set logscale y
set format y "10^{%L}"
set grid ytics lc rgb "#dddddd"
set border 3
set tics nomirror
set key outside bottom center horizontal
plot of("train", "loss/edit") with lines lw 2 lc rgb "#1b6ca8" \
		title "edit", \
	of("val", "loss/edit_val") with points pt 7 ps 0.8 \
		lc rgb "#1b6ca8" title "edit, validation", \
	of("train", "loss/loc") with lines lw 2 lc rgb "#c1440e" \
		title "locality", \
	of("val", "loss/loc_val") with points pt 7 ps 0.8 \
		lc rgb "#c1440e" title "locality, validation"
