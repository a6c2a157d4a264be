# wikitext.awk - MediaWiki's XML to plain text, an article a line
#
# What is left out: comments, references, formulas, galleries, code samples,
# templates ({{...}}, nested ones too; but {{lang|de|Otter}} is Otter, and
# {{convert|5|kg}} 5 kg) and tables, files and categories, headings, HTML tags.
# What is kept: the text of links, of lists and of everything else.  Works on
# bytes, with any POSIX awk.

# Replace what is between two plain texts, them included; without an end, up
# to the end of the article.
function cut(s, from, to,	out, i, rest) {
	while ((i = index(s, from)) > 0) {
		out = out substr(s, 1, i - 1)
		rest = substr(s, i + length(from))
		i = index(rest, to)
		s = i > 0 ? substr(rest, i + length(to)) : ""
	}
	return out s
}

# An element with all that is in it; <name/> and <name ... /> have nothing.
function cut_element(s, name,	out, rest, i) {
	while (match(s, "<" name "([ \t\n][^>]*)?/?>")) {
		out = out substr(s, 1, RSTART - 1) " "
		rest = substr(s, RSTART + RLENGTH)
		if (substr(s, RSTART + RLENGTH - 2, 2) == "/>") {
			s = rest
			continue
		}
		i = index(rest, "</" name ">")
		s = i > 0 ? substr(rest, i + length(name) + 3) : ""
	}
	return out s
}

# Templates, innermost first.
function templates(s,	out, n, part, found) {
	do {
		out = ""
		found = 0
		while (match(s, /[{][{][^{}]*[}][}]/)) {
			n = split(substr(s, RSTART + 2, RLENGTH - 4), part, "|")
			out = out substr(s, 1, RSTART - 1)
			s = substr(s, RSTART + RLENGTH)
			found = 1
			if (part[1] ~ /^[ \n]*([Ll]ang|[Nn]owrap|[Ss]mall)[ \n]*$/)
				out = out part[n]
			else if (part[1] ~ /^[ \n]*([Cc]onvert|[Cc]vt)[ \n]*$/)
				out = out part[2] " " part[3]
			else
				out = out " "
		}
		s = out s
	} while (found)
	return s
}

# [[a|b]] is b, [[a]] is a; files and categories go, with the links in their
# captions, which are found before them.
function links(s,	out, link, n, part, found) {
	do {
		out = ""
		found = 0
		while (match(s, /\[\[[^][]*\]\]/)) {
			link = substr(s, RSTART + 2, RLENGTH - 4)
			out = out substr(s, 1, RSTART - 1)
			s = substr(s, RSTART + RLENGTH)
			found = 1
			if (link ~ /^:?[ ]*(File|Image|Media|Category|[a-z][a-z-]+)[ ]*:/)
				continue
			n = split(link, part, "|")
			out = out part[n]
		}
		s = out s
	} while (found)
	return s
}

function entities(s) {
	gsub(/&nbsp;|&thinsp;|&ensp;|&emsp;/, " ", s)
	gsub(/&ndash;/, "\342\200\223", s)
	gsub(/&mdash;/, "\342\200\224", s)
	gsub(/&minus;/, "\342\210\222", s)
	gsub(/&lt;/, "<", s)
	gsub(/&gt;/, ">", s)
	gsub(/&quot;/, "\"", s)
	gsub(/&apos;|&#0?39;/, "'", s)
	gsub(/&amp;/, "\\&", s)
	return s
}

function plain(s,	n, i, line, text) {
	s = entities(s)		# XML's
	s = cut(s, "<!--", "-->")
	n = split("ref math chem gallery timeline syntaxhighlight source score " \
		"imagemap templatestyles", line, " ")
	for (i = 1; i <= n; i++)
		s = cut_element(s, line[i])
	s = templates(s)
	while (gsub(/[{][|][^{}]*[|][}]/, " ", s) > 0)	# tables, nested
		;
	s = links(s)
	gsub(/\[(https?:)?\/\/[^] \t\n]*[ \t]?/, "", s)
	gsub(/''+/, "", s)
	gsub(/__[A-Z]+__/, "", s)
	gsub(/<[^<>]*>/, "", s)
	s = entities(s)		# the text's own
	n = split(s, line, "\n")
	for (i = 1; i <= n; i++) {
		if (line[i] ~ /^[ \t]*=+.*=+[ \t]*$/)
			continue
		sub(/^[*#:;]+[ \t]*/, "", line[i])
		text = text " " line[i]
	}
	gsub(/\]/, "", text)
	gsub(/[ \t\r]+/, " ", text)
	gsub(/ \./, ".", text)
	gsub(/ ,/, ",", text)
	gsub(/\( *[,;]? *\)/, "", text)
	gsub(/  +/, " ", text)
	sub(/^ /, "", text)
	sub(/ $/, "", text)
	return text
}

/<page>/ { article = 1; text = "" }
/<ns>/ { if ($0 !~ /<ns>0<\/ns>/) article = 0 }
/<redirect / { article = 0 }
/<text[ >]/ {
	inside = $0 !~ /<text[^>]*\/>/
	sub(/^.*<text[^>]*>/, "")
}
inside {
	ends = sub(/<\/text>.*$/, "")
	text = text $0 "\n"
	if (ends)
		inside = 0
}
/<\/page>/ {
	if (article && length(line = plain(text)) >= least)
		print line
	article = 0
}
/<\/mediawiki>/ { whole = 1 }
END {
	if (!whole) {
		print "wikipedia.sh: the dump is cut short" > "/dev/stderr"
		exit 1
	}
}
