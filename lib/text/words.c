/*
 * words.c - prose cut into words.  See words.h.
 *
 * Each rule is a pattern and what replaces it; words are then what stands
 * between white space.  The rules and their order are those of NLTK's
 * NLTKWordTokenizer.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/words.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

#include "base/try.h"
#include "text/utf8.h"

static const struct {
	const char *pattern, *by;
} rules[] = {
	/* quotes that open */
	{ "([\u00ab\u201c\u2018\u201e]|[`]+)", " $1 " },
	{ "^\"", "``" },
	{ "(``)", " $1 " },
	{ "([ \\(\\[{<])(\"|'{2})", "$1 `` " },
	{ "(?i)(?<!\\w)(')(?!(?:re|ve|ll|m|t|s|d|n)\\b)(?=\\w)", "$1 " },
	/* punctuation */
	{ "([^\\.])(\\.)([\\]\\)}>\"'\u00bb\u201d\u2019 ]*+)\\s*$",
	  "$1 $2 $3 " },
	{ "([:,])([^\\d])", " $1 $2" },
	{ "([:,])$", " $1 " },
	{ "\\.{2,}", " $0 " },
	{ "[;@#$%&]", " $0 " },
	{ "[\\x{2012}-\\x{2015}]", " $0 " },
	{ "([^\\.])(\\.)([\\]\\)}>\"']*)\\s*$", "$1 $2$3 " },
	{ "[?!]", " $0 " },
	{ "([^'])' ", "$1 ' " },
	{ "[*]", " $0 " },
	{ "[\\]\\[\\(\\)\\{\\}\\<\\>]", " $0 " },
	{ "--", " -- " },
	/* quotes that close, and what an apostrophe begins */
	{ "\\A|\\z", " " },
	{ "([\u00bb\u201d\u2019])", " $1 " },
	{ "''", " '' " },
	{ "\"", " '' " },
	{ "\\s+", " " },
	{ "([^' ])('[sS]|'[mM]|'[dD]|') ", "$1 $2 " },
	{ "([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", "$1 $2 " },
	/* words that are two */
	{ "(?i)\\b(can)(not)\\b", " $1 $2 " },
	{ "(?i)\\b(d)('ye)\\b", " $1 $2 " },
	{ "(?i)\\b(gim)(me)\\b", " $1 $2 " },
	{ "(?i)\\b(gon)(na)\\b", " $1 $2 " },
	{ "(?i)\\b(got)(ta)\\b", " $1 $2 " },
	{ "(?i)\\b(lem)(me)\\b", " $1 $2 " },
	{ "(?i)\\b(more)('n)\\b", " $1 $2 " },
	{ "(?i)\\b(wan)(na)(?=\\s)", " $1 $2 " },
	{ "(?i) ('t)(is)\\b", " $1 $2 " },
	{ "(?i) ('t)(was)\\b", " $1 $2 " }
};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

/* Words whose period does not end a sentence, but for those of one letter
 * and those with a period inside. */
static const char *const abbreviations[] = {
	"adm", "ave", "brig", "capt", "cf", "co", "col", "comdr", "corp",
	"cpl", "dr", "drs", "ed", "eds", "esq", "etc", "fig", "gen", "gov",
	"hon", "inc", "jr", "lt", "ltd", "maj", "messrs", "mr", "mrs", "ms",
	"mt", "mts", "nos", "pp", "prof", "rep", "reps", "rev",
	"sen", "sens", "sgt", "sr", "st", "vol", "vs"
};

struct ee_cutter {
	pcre2_code *code[RULES];
	char *text[2];		/* what a rule reads and writes, in turn */
	size_t room[2];
};

void
ee_cutter_close(struct ee_cutter *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < RULES; i++)
		pcre2_code_free(c->code[i]);
	free(c->text[0]);
	free(c->text[1]);
	free(c);
}

enum ee_status
ee_cutter_open(struct ee_cutter **cutter, struct ee_err *err)
{
	struct ee_cutter *c = ee_calloc(1, sizeof(*c), err);
	PCRE2_SIZE at;
	size_t i;
	int why;

	*cutter = c;
	for (i = 0; c != NULL && i < RULES; i++) {
		c->code[i] = pcre2_compile((PCRE2_SPTR)rules[i].pattern,
			PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP, &why,
			&at, NULL);
		if (c->code[i] == NULL) {	/* the pattern is ours */
			ee_cutter_close(c);
			*cutter = NULL;
			return ee_fail(err, EE_ENOMEM, "out of memory");
		}
		pcre2_jit_compile(c->code[i], PCRE2_JIT_COMPLETE);
	}
	return c != NULL ? EE_OK : EE_ENOMEM;
}

void
ee_words_free(struct ee_words *w)
{
	free(w->word);
	free(w->text);
	memset(w, 0, sizeof(*w));
}

/* Rule number i, from c->text[from] (n bytes) to the other one. */
static enum ee_status
apply(struct ee_cutter *c, size_t i, int from, size_t *n, struct ee_err *err)
{
	/* no rule makes more than six bytes of one (an empty text: of none) */
	const size_t room = 6 * *n + 64;
	PCRE2_SIZE len;
	int found;

	TRY(ee_reserve(&c->text[!from], &c->room[!from], room, 1, err));
	len = room;
	found = pcre2_substitute(c->code[i], (PCRE2_SPTR)c->text[from], *n, 0,
		PCRE2_SUBSTITUTE_GLOBAL | PCRE2_NO_UTF_CHECK, NULL, NULL,
		(PCRE2_SPTR)rules[i].by, PCRE2_ZERO_TERMINATED,
		(PCRE2_UCHAR *)c->text[!from], &len);
	if (found < 0)
		return ee_fail(err, EE_ENOMEM, "words of a text: PCRE2 error "
			       "%d", found);
	*n = len;
	return EE_OK;
}

static bool
is_space(const char *s)
{
	unsigned len;

	return ee_class_next(s, &len) == EE_SPACE;
}

/* Is the word that ends before 'end' one whose period stays? */
static bool
abbreviates(const char *begin, const char *end)
{
	const char *word = end;
	size_t n, i;

	while (word > begin && ((unsigned char)word[-1] >= 0x80 ||
	       strchr(" \t\n\r\v\f([{\"'", word[-1]) == NULL))
		word--;
	n = (size_t)(end - word);
	if (n == 1)
		return ee_ascii_class[(unsigned char)*word & 127] ==
		       EE_LETTER;
	for (i = 0; i < n; i++)
		if (word[i] == '.')
			return true;
	for (i = 0; i < sizeof(abbreviations) / sizeof(*abbreviations); i++)
		if (strlen(abbreviations[i]) == n &&
		    strncasecmp(word, abbreviations[i], n) == 0)
			return true;
	return false;
}

static size_t
closing(const char *s)
{
	static const char *const marks[] = { ")", "]", "}", "\"", "'",
		"\u00bb", "\u201d", "\u2019" };
	size_t i;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strncmp(s, marks[i], strlen(marks[i])) == 0)
			return strlen(marks[i]);
	return 0;
}

/* Where the sentence at 's' ends. */
static const char *
sentence(const char *s)
{
	const char *p = s, *mark;
	size_t n;

	while (*p != '\0') {
		mark = p++;
		if (strchr(".?!", *mark) == NULL ||
		    (*mark == '.' && abbreviates(s, mark)))
			continue;
		while ((n = closing(p)) > 0)
			p += n;
		if (*p == '\0' || is_space(p))
			break;
	}
	return p;
}

/* Append the words of a text that all rules have gone over. */
static enum ee_status
split(struct ee_words *w, char *s, struct ee_err *err)
{
	unsigned len;

	while (*s != '\0') {
		if (ee_class_next(s, &len) == EE_SPACE) {
			memset(s, '\0', len);
			s += len;
			continue;
		}
		TRY(ee_reserve(&w->word, &w->room, w->n + 1, sizeof(*w->word),
			       err));
		w->word[w->n++] = s;
		while (*s != '\0' && !is_space(s)) {
			ee_class_next(s, &len);
			s += len;
		}
	}
	return EE_OK;
}

/* The sentence s (n bytes), all rules applied, at the end of w->text. */
static enum ee_status
cut_sentence(struct ee_cutter *c, const char *s, size_t n,
	     struct ee_words *w, size_t *used, struct ee_err *err)
{
	int now = 0;
	size_t i;

	TRY(ee_reserve(&c->text[0], &c->room[0], n + 1, 1, err));
	memcpy(c->text[0], s, n);
	for (i = 0; i < RULES; i++, now = !now)
		TRY(apply(c, i, now, &n, err));
	TRY(ee_reserve(&w->text, &w->text_room, *used + n + 2, 1, err));
	memcpy(w->text + *used, c->text[now], n);
	*used += n;
	w->text[(*used)++] = ' ';
	w->text[*used] = '\0';
	return EE_OK;
}

enum ee_status
ee_words_cut(struct ee_words *w, struct ee_cutter *c, const char *text,
	     struct ee_err *err)
{
	const size_t len = strlen(text);
	size_t used = 0;
	const char *end;

	w->n = 0;
	if (ee_utf8_valid(text, len) < len)
		return ee_fail(err, EE_EINPUT, "a text that is not UTF-8");
	while (*text != '\0') {
		end = sentence(text);
		TRY(cut_sentence(c, text, (size_t)(end - text), w, &used,
				 err));
		text = end;
		while (*text != '\0' && is_space(text))
			text += ee_utf8_next(text, &(uint32_t){ 0 });
	}
	return used > 0 ? split(w, w->text, err) : EE_OK;
}

enum ee_status
ee_nfkd(const char *text, char **out, struct ee_err *err)
{
	utf8proc_uint8_t *p = NULL;
	const utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)text,
		0, &p, UTF8PROC_NULLTERM | UTF8PROC_STABLE |
		UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);

	*out = (char *)p;
	if (n == UTF8PROC_ERROR_NOMEM)
		return ee_fail(err, EE_ENOMEM, "out of memory");
	if (n < 0)
		return ee_fail(err, EE_EINPUT, "a text that is not UTF-8");
	return EE_OK;
}

uint32_t
ee_lower(uint32_t c)
{
	return (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
}
