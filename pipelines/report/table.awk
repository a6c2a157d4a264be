# The report, from results.tsv.  date=TEXT.
BEGIN { FS = "\t" }

function interval(at) { return sprintf("%.1f [%.1f, %.1f]", $(at), $(at + 1), $(at + 2)) }
function note(list, x)
{
	return index(" " list " ", " " x " ") ? list : list (list == "" ? "" : " ") x
}

NR == 1 { next }

{
	models = note(models, $1)
	records = $4
	if ($2 == "rate") {
		factors = note(factors, $3)
		success = $5 + $8 > 0 ? 2 * $5 * $8 / ($5 + $8) : 0
		frontier[$1, $3] = sprintf("%.1f / %.1f, %.1f", success, $11, $14)
		next
	}
	methods = note(methods, $2)
	sizes = note(sizes, $3)
	total[$1, $2, $3] = interval(14)
	if ($3 == 1)
		single[$1, $2] = interval(5) " | " interval(8) " | " interval(11) " | " interval(14)
}

function rule(n,	i, text)
{
	for (i = 0; i < n; i++)
		text = text "---|"
	return text
}

function numbers_ascending(v, n,	i, k, x)
{
	for (i = 2; i <= n; i++) {
		x = v[i]
		for (k = i - 1; k > 0 && v[k] + 0 > x + 0; k--)
			v[k + 1] = v[k]
		v[k + 1] = x
	}
}

END {
	nm = split(models, model, " ")
	nk = split(methods, method, " ")
	ns = split(sizes, size, " ")
	nf = split(factors, factor, " ")
	numbers_ascending(size, ns)

	print "# What editing does to the atlas models\n"
	print "Made on " date " by `make -C pipelines report`, which makes every file it"
	print "needs: statistics, targets, edits, measurements. It measured " records " records of"
	print "CounterFact form in each cell, from the half of the data set that"
	print "hyper-parameters were not chosen on. In percent; 95% intervals by the bootstrap"
	print "over records; what is measured is in ee-eval(1). S is the harmonic mean of the"
	print "three. `results.tsv` has all numbers.\n"
	print "## One edit at a time\n"
	print "![success of single edits](single.png)\n"
	print "| model | method | efficacy | paraphrase | neighbourhood | S |"
	print "|" rule(6)
	for (i = 1; i <= nm; i++)
		for (k = 1; k <= nk; k++)
			if ((model[i], method[k]) in single)
				print "| " model[i] " | " method[k] " | " single[model[i], method[k]] " |"
	if (index(" " methods " ", " MEND "))
		print "\nMEND's networks were trained to keep the answers of zsRE's locality questions,\n" \
			"which are of other relations: neighbours in the sense of CounterFact, of the\n" \
			"same relation and object, are not what they learned to keep."

	print "\n## Many edits\n"
	print "S of " records " records: as many edits as it takes until all are edited. ROME and"
	print "R-ROME edit one fact after the other; the others all facts of an edit together."
	print "Where either object is as likely as the other, S is 50: what a broken model has."
	if (index(" " methods " ", " EMMET "))
		print "EMMET's hyper-parameters weigh the corpus as MEMIT's do; it then makes MEMIT's\n" \
			"update, to rounding."
	print "\n![S by the number of edits](mass.png)\n"
	line = "| model | method |"
	for (s = 1; s <= ns; s++)
		line = line " " size[s] " |"
	print line "\n|" rule(ns + 2)
	for (i = 1; i <= nm; i++)
		for (k = 1; k <= nk; k++) {
			line = "| " model[i] " | " method[k] " |"
			for (s = 1; s <= ns; s++)
				line = line " " (((model[i], method[k], size[s]) in total) ? \
					total[model[i], method[k], size[s]] : "-") " |"
			print line
		}

	if (nf == 0)
		exit
	print "\n## Success against neighbourhood\n"
	print "R-ROME, single edits, with the v_lr of the hyper-parameters times a factor:"
	print "success (the harmonic mean of efficacy and paraphrase) / neighbourhood, and S.\n"
	print "![success against neighbourhood](frontier.png)\n"
	line = "| model |"
	for (f = 1; f <= nf; f++)
		line = line " x " factor[f] " |"
	print line "\n|" rule(nf + 1)
	for (i = 1; i <= nm; i++) {
		line = "| " model[i] " |"
		for (f = 1; f <= nf; f++)
			line = line " " frontier[model[i], factor[f]] " |"
		print line
	}
}
