/*
 * pickle_tree.c - what the machine has linked, as values.
 *
 * Each node becomes a value once; what refers to it again shares that.  A
 * node that is met while it is open holds itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "file/pickle_machine.h"

struct tree {
	struct ee_arena *arena;
	const struct ee_pickle_known *known;
	unsigned depth;
	size_t budget;		/* bytes that Python's classes may make */
	struct ee_err *err;
};

static enum ee_status grow(struct tree *t, struct pickle_node *node);

static enum ee_status
no_memory(struct tree *t)
{
	return ee_fail(t->err, EE_ENOMEM, "out of memory");
}

/* A member, which counts for what it weighs. */
static enum ee_status
member(struct tree *t, struct pickle_node *of, struct pickle_node *node,
       struct ee_value *out)
{
	TRY(grow(t, node));
	of->weight += node->weight;
	if (of->weight > UINT64_MAX / 4)
		of->weight = UINT64_MAX / 4;
	*out = node->value;
	return EE_OK;
}

static enum ee_status
list(struct tree *t, struct pickle_node *node, struct pickle_node **members,
     size_t n, struct ee_value *out)
{
	enum ee_status status = EE_OK;
	struct ee_value *v = NULL;
	size_t bytes, i;

	*out = ee_list();
	if (n == 0)
		return EE_OK;
	if (ee_mul(n, sizeof(*v), &bytes))
		v = ee_arena_alloc(t->arena, bytes, 16);
	if (v == NULL)
		return no_memory(t);
	for (i = 0; i < n && status == EE_OK; i++)
		status = member(t, node, members[i], &v[i]);
	out->n = out->room = n;
	out->u.list = v;
	return status;
}

/* The key as a C text; NULL if it is neither text nor integer. */
static const char *
key_text(struct tree *t, const struct pickle_node *node)
{
	const struct ee_value *v = &node->value;

	if (node->kind != NODE_LEAF)
		return NULL;
	if (v->type == EE_INT)
		return ee_arena_printf(t->arena, "%lld",
				       (long long)v->u.integer);
	return v->type == EE_TEXT && strlen(v->u.text) == v->n ? v->u.text
							       : NULL;
}

/* What a dict is to Python, whose keys became texts. */
static enum ee_form
dict_form(const struct pickle_node *node)
{
	size_t i;

	for (i = 0; i < node->n; i += 2)
		if (node->list[i]->value.type != EE_INT)
			break;
	if (i > 0 && i >= node->n)
		return EE_NUMBERED;
	return node->ordered ? EE_ORDERED : EE_PLAIN;
}

/* The keys of a dict, if all are texts or integers and no two the same; the
 * caller's, to free().  *keys is NULL if they are not. */
static enum ee_status
dict_keys(struct tree *t, const struct pickle_node *node, const char ***keys)
{
	const size_t n = node->n / 2;
	const char **sorted = ee_calloc(2 * n, sizeof(*sorted), t->err);
	size_t i;

	*keys = NULL;
	if (sorted == NULL)
		return EE_ENOMEM;
	for (i = 0; i < n; i++) {
		sorted[i] = sorted[n + i] = key_text(t, node->list[2 * i]);
		if (sorted[i] == NULL)
			break;
	}
	if (i == n && ee_sort_texts(sorted, n) == NULL) {
		memmove(sorted, sorted + n, n * sizeof(*sorted));
		*keys = sorted;
		return EE_OK;
	}
	free(sorted);
	return ee_arena_check(t->arena, t->err);
}

static enum ee_status
map(struct tree *t, struct pickle_node *node, const char *const *keys,
    struct ee_value *out)
{
	const size_t n = node->n / 2;
	enum ee_status status = EE_OK;
	struct ee_pair *pair = NULL;
	size_t bytes, i;

	*out = ee_map();
	if (n == 0)
		return EE_OK;
	if (ee_mul(n, sizeof(*pair), &bytes))
		pair = ee_arena_alloc(t->arena, bytes, 16);
	if (pair == NULL)
		return no_memory(t);
	for (i = 0; i < n && status == EE_OK; i++) {
		pair[i].key = keys[i];
		status = member(t, node, node->list[2 * i + 1],
				&pair[i].value);
		if (status != EE_OK)
			status = ee_within(t->err, status, "'%s'", keys[i]);
	}
	out->n = out->room = n;
	out->u.map = pair;
	return status;
}

/* A dict with other keys: a list of pairs. */
static enum ee_status
pairs(struct tree *t, struct pickle_node *node, struct ee_value *out)
{
	struct ee_value pair;
	size_t i;

	*out = ee_list();
	for (i = 0; i + 1 < node->n; i += 2) {
		TRY(list(t, node, node->list + i, 2, &pair));
		pair.form = EE_TUPLE;
		ee_add(t->arena, out, pair);
	}
	node->weight += node->n / 2;
	return EE_OK;
}

static enum ee_status
dict(struct tree *t, struct pickle_node *node, struct ee_value *out)
{
	enum ee_status status;
	const char **keys;

	TRY(dict_keys(t, node, &keys));
	if (keys == NULL)
		return pairs(t, node, out);
	status = map(t, node, keys, out);
	out->form = dict_form(node);
	free(keys);
	return status;
}

static struct ee_value
named(struct tree *t, struct ee_value name)
{
	struct ee_value v = ee_map();

	ee_put(t->arena, &v, "class", name);
	return v;
}

/* Try to make what is called for; EE_END if it stays inert. */
static enum ee_status
make(struct tree *t, const struct pickle_node *node,
     const struct ee_value part[PARTS], struct ee_value *out)
{
	const struct pickle_node *c = node->list[PART_CLASS];

	if (c->kind != NODE_CLASS || c->class == NULL ||
	    c->class->make == NULL || node->list[PART_KWARGS] != NULL ||
	    node->list[PART_ITEMS] != NULL || node->list[PART_LIST] != NULL)
		return EE_END;
	return c->class->make(&(struct ee_pickle_call){
		.ctx = c->python ? &t->budget : t->known->ctx,
		.arena = t->arena, .args = &part[PART_ARGS],
		.state = node->list[PART_STATE] ? &part[PART_STATE] : NULL,
		.out = out, .err = t->err
	});
}

static enum ee_status
object(struct tree *t, struct pickle_node *node, struct ee_value *out)
{
	static const char *const names[PARTS] = {
		[PART_CLASS] = "class", [PART_ARGS] = "args",
		[PART_KWARGS] = "kwargs", [PART_STATE] = "state",
		[PART_ITEMS] = "items", [PART_LIST] = "list",
	};
	const struct pickle_node *c = node->list[PART_CLASS];
	struct ee_value part[PARTS];
	enum ee_status status;
	unsigned i;

	for (i = 0; i < PARTS; i++) {
		if (node->list[i] != NULL)
			TRY(member(t, node, node->list[i], &part[i]));
	}
	status = make(t, node, part, out);
	if (status != EE_END)
		return status;
	if (c->kind == NODE_CLASS)
		part[PART_CLASS] = ee_text(c->class != NULL ? c->class->name :
			ee_get(&c->value, "class")->u.text);
	*out = ee_map();
	for (i = 0; i < PARTS; i++)
		if (node->list[i] != NULL)
			ee_put(t->arena, out, names[i], part[i]);
	return EE_OK;
}

static enum ee_status
persistent(struct tree *t, struct pickle_node *node, struct ee_value *out)
{
	struct ee_value id;

	TRY(member(t, node, node->list[0], &id));
	if (t->known == NULL || t->known->persistent == NULL)
		return ee_fail(t->err, EE_EFORMAT, "refers to something "
			       "outside the pickle");
	return t->known->persistent(t->known->ctx, t->arena, &id, out,
				    t->err);
}

static enum ee_status
grow_new(struct tree *t, struct pickle_node *node)
{
	enum ee_status status;

	switch (node->kind) {
	case NODE_LEAF:
		return EE_OK;
	case NODE_LIST:
	case NODE_TUPLE:
		status = list(t, node, node->list, node->n, &node->value);
		if (node->kind == NODE_TUPLE)
			node->value.form = EE_TUPLE;
		return status;
	case NODE_DICT:
		return dict(t, node, &node->value);
	case NODE_CLASS:
		if (node->class == NULL)
			node->value = named(t, node->value);
		return ee_arena_check(t->arena, t->err);
	case NODE_OBJECT:
		return object(t, node, &node->value);
	case NODE_PERSISTENT:
		return persistent(t, node, &node->value);
	}
	return EE_OK;
}

static enum ee_status
grow(struct tree *t, struct pickle_node *node)
{
	enum ee_status status;

	if (node->progress == NODE_DONE)
		return EE_OK;
	if (node->progress == NODE_OPEN)
		return ee_fail(t->err, EE_EINPUT, "holds itself");
	if (t->depth == EE_PICKLE_DEPTH)
		return ee_fail(t->err, EE_EINPUT, "nested more than %d deep",
			       EE_PICKLE_DEPTH);
	node->progress = NODE_OPEN;
	node->weight = 1;
	t->depth++;
	status = grow_new(t, node);
	t->depth--;
	node->progress = NODE_DONE;
	return status;
}

enum ee_status
ee_pickle_value(struct ee_arena *arena, struct pickle_node *node,
		const struct ee_pickle_known *known, size_t size,
		struct ee_value *out, struct ee_err *err)
{
	const uint64_t most = 1000000 + 16 * (uint64_t)size;
	struct tree t = { .arena = arena, .known = known, .budget = size,
			  .err = err };
	enum ee_status status = grow(&t, node);

	if (status == EE_OK && node->weight > most)
		status = ee_fail(err, EE_EINPUT, "its parts are shared so "
				 "that it would be %llu values when written "
				 "out", (unsigned long long)node->weight);
	*out = node->value;
	return status;
}
