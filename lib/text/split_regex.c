/*
 * split_regex.c - patterns through PCRE2.  See split.h.
 *
 * Patterns are written for Oniguruma.  Where the two read the same text
 * differently and real patterns show it, the pattern is rewritten: PCRE2's
 * \s takes U+180E in, which Unicode no longer calls white space.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/split.h"

/* What \s means there, inside a class and out. */
#define SPACES "\\t-\\r\\x{85}\\p{Z}"

enum { MAX_PATTERN = 4096, MATCH_LIMIT = 10000000 };

struct ee_matcher {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
};

/* The patterns that have scanners. */
static const struct {
	const char *pattern;
	struct ee_split split;
} known[] = {
	{ "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+"
	  "|\\s+(?!\\S)|\\s+",
	  { .kind = EE_SPLIT_GPT2 } },
	{ "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"
	  "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+"
	  "|\\s+(?!\\S)|\\s+",
	  { .kind = EE_SPLIT_GPT4, .digits = 3 } },
	{ "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"
	  "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+"
	  "|\\s+(?!\\S)|\\s+",
	  { .kind = EE_SPLIT_GPT4, .digits = 1 } }
};

/* Rewrite \s; 'out' has room for 16 bytes a byte. */
static size_t
rewrite(const char *pattern, size_t len, char *out)
{
	bool in_class = false;
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (pattern[i] == '\\' && i + 1 < len) {
			i++;
			if (pattern[i] == 's')
				n += (size_t)sprintf(out + n, in_class ? "%s"
						     : "[%s]", SPACES);
			else if (pattern[i] == 'S' && !in_class)
				n += (size_t)sprintf(out + n, "[^%s]", SPACES);
			else
				n += (size_t)sprintf(out + n, "\\%c",
						     pattern[i]);
			continue;
		}
		if (pattern[i] == '[')
			in_class = true;
		else if (pattern[i] == ']')
			in_class = false;
		out[n++] = pattern[i];
	}
	return n;
}

static enum ee_status
compile(struct ee_split *split, const char *pattern, size_t len,
	struct ee_err *err)
{
	char *text = ee_calloc(20 * len + 20, 1, err);
	PCRE2_UCHAR why[128];
	PCRE2_SIZE at = 0;
	pcre2_code *code;
	int error = 0;
	size_t n;

	if (text == NULL)
		return EE_ENOMEM;
	n = rewrite(pattern, len, text);
	code = pcre2_compile((PCRE2_SPTR)text, n, PCRE2_UTF | PCRE2_UCP |
			     PCRE2_NEVER_BACKSLASH_C, &error, &at, NULL);
	free(text);
	if (code == NULL) {
		pcre2_get_error_message(error, why, sizeof(why));
		return ee_fail(err, EE_EFORMAT, "pattern '%.*s': %s",
			       len < 80 ? (int)len : 80, pattern,
			       (const char *)why);
	}
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);	/* or it interprets */
	*split = (struct ee_split){ .kind = EE_SPLIT_REGEX, .code = code };
	return EE_OK;
}

enum ee_status
ee_split_pattern(struct ee_split *split, const char *pattern, size_t len,
		 struct ee_err *err)
{
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strlen(known[i].pattern) == len &&
		    memcmp(known[i].pattern, pattern, len) == 0) {
			*split = known[i].split;
			return EE_OK;
		}
	}
	if (len > MAX_PATTERN)
		return ee_fail(err, EE_EFORMAT, "a pattern of %zu bytes, "
			       "want at most %d", len, MAX_PATTERN);
	return compile(split, pattern, len, err);
}

void
ee_split_free(struct ee_split *split)
{
	pcre2_code_free(split->code);
	split->code = NULL;
}

enum ee_status
ee_matcher_open(struct ee_matcher **matcher, struct ee_err *err)
{
	struct ee_matcher *m = ee_calloc(1, sizeof(*m), err);

	*matcher = NULL;
	if (m == NULL)
		return EE_ENOMEM;
	m->data = pcre2_match_data_create(1, NULL);
	m->context = pcre2_match_context_create(NULL);
	m->stack = pcre2_jit_stack_create(32 << 10, 64 << 20, NULL);
	if (m->data == NULL || m->context == NULL) {
		ee_matcher_close(m);
		return ee_fail(err, EE_ENOMEM, "out of memory");
	}
	pcre2_set_match_limit(m->context, MATCH_LIMIT);
	if (m->stack != NULL)
		pcre2_jit_stack_assign(m->context, NULL, m->stack);
	*matcher = m;
	return EE_OK;
}

void
ee_matcher_close(struct ee_matcher *m)
{
	if (m == NULL)
		return;
	pcre2_jit_stack_free(m->stack);
	pcre2_match_context_free(m->context);
	pcre2_match_data_free(m->data);
	free(m);
}

enum ee_status
ee_matcher_next(struct ee_matcher *m, const struct ee_split *split,
		const char *s, size_t n, size_t at, size_t *from, size_t *to,
		struct ee_err *err)
{
	const PCRE2_SIZE *hit = pcre2_get_ovector_pointer(m->data);
	PCRE2_UCHAR why[128];
	int rc;

	*from = *to = n;
	rc = pcre2_match(split->code, (PCRE2_SPTR)s, n, at,
			 PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, m->data,
			 m->context);
	if (rc == PCRE2_ERROR_NOMATCH)
		return EE_OK;
	if (rc < 0) {
		pcre2_get_error_message(rc, why, sizeof(why));
		return ee_fail(err, EE_EINPUT, "cutting text into words: %s",
			       (const char *)why);
	}
	if (hit[0] < at || hit[1] <= hit[0] || hit[1] > n)
		return ee_fail(err, EE_EINPUT, "cutting text into words: the "
			       "pattern matches backwards");
	*from = hit[0];
	*to = hit[1];
	return EE_OK;
}
