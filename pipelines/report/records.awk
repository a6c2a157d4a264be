# One record a line, of a list whose records begin with " {" and end with
# " }" in lines of their own.  take=odd: every second one, from the second.
/^ \{$/ { text = "{"; next }
/^ \},?$/ {
	if (take != "odd" || n++ % 2 == 1)
		print text "}"
	next
}
/^  / {
	sub(/^ +/, "")
	text = text (text == "{" ? "" : " ") $0
}
