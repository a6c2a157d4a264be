/* added.c - a trie of the added tokens.  See added.h. */
#include "text/added.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "text/utf8.h"

void
ee_added_free(struct ee_added *a)
{
	free(a->nodes);
	free(a->tokens);
	*a = (struct ee_added){0};
}

static enum ee_status
new_node(struct ee_added *a, unsigned char byte, uint32_t sibling,
	 uint32_t *node, struct ee_err *err)
{
	TRY(ee_reserve(&a->nodes, &a->node_room, a->n_nodes + 2,
		       sizeof(*a->nodes), err));
	if (a->n_nodes == 0)
		a->n_nodes = 1;
	*node = (uint32_t)a->n_nodes++;
	a->nodes[*node] = (struct ee_added_node){
		.sibling = sibling, .byte = byte
	};
	return EE_OK;
}

static uint32_t
child_of(const struct ee_added *a, uint32_t node, unsigned char byte)
{
	node = a->nodes[node].child;
	while (node != 0 && a->nodes[node].byte != byte)
		node = a->nodes[node].sibling;
	return node;
}

/* The node of 'text', made if need be. */
static enum ee_status
path_to(struct ee_added *a, const char *text, size_t len, uint32_t *node,
	struct ee_err *err)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t at, next;
	size_t i;

	if (a->first[p[0]] == 0)
		TRY(new_node(a, p[0], 0, &a->first[p[0]], err));
	at = a->first[p[0]];
	for (i = 1; i < len; i++, at = next) {
		next = child_of(a, at, p[i]);
		if (next != 0)
			continue;
		TRY(new_node(a, p[i], a->nodes[at].child, &next, err));
		a->nodes[at].child = next;
	}
	*node = at;
	return EE_OK;
}

enum ee_status
ee_added_put(struct ee_added *a, const char *text, size_t len, int32_t id,
	     unsigned flags, struct ee_err *err)
{
	uint32_t node;

	TRY(path_to(a, text, len, &node, err));
	if (a->nodes[node].token != 0)
		return EE_OK;
	TRY(ee_reserve(&a->tokens, &a->token_room, a->n_tokens + 1,
		       sizeof(*a->tokens), err));
	a->all_special = (a->n_tokens == 0 || a->all_special) &&
			 (flags & EE_ADDED_SPECIAL) != 0;
	if (a->n_tokens == 0)
		a->single = (unsigned char)text[0];
	else if (a->single != (unsigned char)text[0])
		a->single = -1;
	a->tokens[a->n_tokens++] = (struct ee_added_token){ id, flags };
	a->nodes[node].token = (uint32_t)a->n_tokens;
	return EE_OK;
}

/* The longest token at 's', or NULL. */
static const struct ee_added_token *
longest(const struct ee_added *a, const unsigned char *s, size_t n,
	size_t *len)
{
	const struct ee_added_token *found = NULL;
	uint32_t node = a->first[s[0]];
	size_t i = 1;

	while (node != 0) {
		if (a->nodes[node].token != 0) {
			found = &a->tokens[a->nodes[node].token - 1];
			*len = i;
		}
		if (i == n)
			break;
		node = child_of(a, node, s[i++]);
	}
	return found;
}

int32_t
ee_added_find(const struct ee_added *a, const char *text, size_t len)
{
	const struct ee_added_token *t = NULL;
	size_t n = 0;

	if (len > 0)
		t = longest(a, (const unsigned char *)text, len, &n);
	return t != NULL && n == len ? t->id : -1;
}

/* Where a token might begin at or after 'i'; n if nowhere. */
static size_t
candidate(const struct ee_added *a, const unsigned char *s, size_t n,
	  size_t i)
{
	const unsigned char *p;

	if (a->single >= 0) {
		p = i < n ? memchr(s + i, a->single, n - i) : NULL;
		return p ? (size_t)(p - s) : n;
	}
	while (i < n && a->first[s[i]] == 0)
		i++;
	return i;
}

static size_t
char_before(const char *s, size_t i)
{
	do
		i--;
	while (i > 0 && ((unsigned char)s[i] & 0xc0) == 0x80);
	return i;
}

/* Does 'text' have a word's character just before, or just after, 'from' to
 * 'to'? */
static bool
inside_word(const char *text, size_t len, size_t from, size_t to)
{
	uint32_t c;

	if (from > 0) {
		ee_utf8_next(text + char_before(text, from), &c);
		if (ee_is_word(c))
			return true;
	}
	if (to == len)
		return false;
	ee_utf8_next(text + to, &c);
	return ee_is_word(c);
}

static void
take_spaces(const char *text, size_t len, unsigned flags, size_t at,
	    struct ee_added_hit *hit)
{
	unsigned step;
	size_t before;

	while (flags & EE_ADDED_LSTRIP && hit->from > at) {
		before = char_before(text, hit->from);
		if (ee_class_next(text + before, &step) != EE_SPACE)
			break;
		hit->from = before;
	}
	while (flags & EE_ADDED_RSTRIP && hit->to < len &&
	       ee_class_next(text + hit->to, &step) == EE_SPACE)
		hit->to += step;
	if (hit->from < at)	/* the last one took spaces that this one is */
		hit->from = at;
	if (hit->to < at)
		hit->to = at;
}

bool
ee_added_next(const struct ee_added *a, const char *text, size_t len,
	      bool plain, size_t *resume, size_t at, struct ee_added_hit *hit)
{
	const unsigned char *s = (const unsigned char *)text;
	const struct ee_added_token *t;
	size_t i = *resume, n = 0;

	if (a->n_tokens == 0 || (plain && a->all_special))
		return false;
	while ((i = candidate(a, s, len, i)) < len) {
		t = longest(a, s + i, len - i, &n);
		if (t == NULL) {
			i++;
			continue;
		}
		i += n;
		if ((plain && t->flags & EE_ADDED_SPECIAL) ||
		    (t->flags & EE_ADDED_WORD &&
		     inside_word(text, len, i - n, i)))
			continue;
		*resume = i;
		hit->from = i - n;
		hit->to = i;
		hit->id = t->id;
		take_spaces(text, len, t->flags, at, hit);
		return true;
	}
	return false;
}
