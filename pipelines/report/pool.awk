# One row of results.tsv from the lines of a cell: means over records, and
# 95% intervals by the bootstrap (1,000 times; records drawn with
# replacement).  model=NAME, cell=METHOD-EDITS.
function field(name,	text)
{
	text = after
	if (!sub(".*\"" name "\": ", "", text))
		return "?"
	sub(/[,}].*/, "", text)
	return text
}

# Park and Miller's generator, the same with every awk.
function draw(most)
{
	state = (state * 16807) % 2147483647
	return int(state / 2147483647 * most) + 1
}

function harmonic(a, b, c)
{
	return a > 0 && b > 0 && c > 0 ? 3 / (1 / a + 1 / b + 1 / c) : 0
}

# the bounds in the sorted values of v[1..times]
function sort(v, n,	i, k, x)
{
	for (i = 2; i <= n; i++) {
		x = v[i]
		for (k = i - 1; k > 0 && v[k] > x; k--)
			v[k + 1] = v[k]
		v[k + 1] = x
	}
}

function put(mean, v)
{
	sort(v, times)
	row = row sprintf("\t%.1f\t%.1f\t%.1f", 100 * mean,
		100 * v[int(0.025 * (times - 1) + 0.5) + 1],
		100 * v[int(0.975 * (times - 1) + 0.5) + 1])
}

BEGIN { state = 1; times = 1000 }

/^\{"case_id"/ {
	after = $0
	sub(/.*"after": \{"efficacy"/, "{\"efficacy\"", after)
	sub(/\}.*/, "}", after)
	n++
	e[n] = field("efficacy")
	p[n] = field("paraphrase")
	h[n] = field("neighbourhood")
	if (e[n] p[n] h[n] !~ /^[-+0-9.e]+$/) {
		print FILENAME ": line " NR ": not a result" > "/dev/stderr"
		failed = 1
		exit 1
	}
	te += e[n]; tp += p[n]; th += h[n]
}

END {
	if (failed)
		exit 1
	if (n == 0) {
		print FILENAME ": no results" > "/dev/stderr"
		exit 1
	}
	for (i = 1; i <= times; i++) {
		x = y = z = 0
		for (k = 1; k <= n; k++) {
			d = draw(n)
			x += e[d]; y += p[d]; z += h[d]
		}
		be[i] = x / n; bp[i] = y / n; bh[i] = z / n
		bs[i] = harmonic(be[i], bp[i], bh[i])
	}
	method = edits = cell
	sub(/-[^-]*$/, "", method)
	sub(/.*-/, "", edits)
	row = model "\t" method "\t" edits "\t" n
	put(te / n, be)
	put(tp / n, bp)
	put(th / n, bh)
	put(harmonic(te / n, tp / n, th / n), bs)
	print row
}
