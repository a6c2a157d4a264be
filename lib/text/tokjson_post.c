/* tokjson_post.c - what tokenizer.json does to tokens: added around them,
 * and turned back into text. */
#include <stdio.h>
#include <string.h>

#include "base/try.h"
#include "text/tokjson.h"

/* The ids of the template's special token 'name', to 'ids'. */
static enum ee_status
special_ids(const struct ee_tokenizer *tok, const struct ee_value *template,
	    const char *name, int32_t *ids, size_t *n, const char *where,
	    struct ee_err *err)
{
	const struct ee_value *entry, *list;
	size_t i;

	entry = ee_get(ee_get(template, "special_tokens"), name);
	list = ee_get(entry, "ids");
	if (list == NULL || list->type != EE_LIST)
		return ee_fail(err, EE_EFORMAT, "%s: no ids of the special "
			       "token '%.40s'", where, name);
	for (i = 0; i < list->n; i++) {
		const struct ee_value *id = &list->u.list[i];

		if (id->type != EE_INT || id->u.integer < 0 ||
		    (uint64_t)id->u.integer >= tok->vocab.n)
			return ee_fail(err, EE_EFORMAT, "%s: special token "
				       "'%.40s': no such id", where, name);
		if (*n == EE_MAX_AROUND)
			return ee_fail(err, EE_EFORMAT, "%s: more than %d "
				       "tokens", where, EE_MAX_AROUND);
		ids[(*n)++] = (int32_t)id->u.integer;
	}
	return EE_OK;
}

/* "single": special tokens around the sequence A. */
static enum ee_status
read_template(struct ee_tokenizer *tok, const struct ee_value *v,
	      const char *where, struct ee_err *err)
{
	const struct ee_value *list = ee_get(v, "single"), *id;
	size_t i, sequences = 0;

	if (list == NULL || list->type != EE_LIST)
		return ee_fail(err, EE_EFORMAT, "%s: no list 'single'", where);
	for (i = 0; i < list->n; i++) {
		const struct ee_value *piece = &list->u.list[i];

		if (ee_get(piece, "Sequence") != NULL) {
			sequences++;
			continue;
		}
		id = ee_get(ee_get(piece, "SpecialToken"), "id");
		if (id == NULL || id->type != EE_TEXT)
			return ee_fail(err, EE_EFORMAT, "%s: single[%zu]: want "
				       "a Sequence or a SpecialToken", where,
				       i);
		TRY(special_ids(tok, v, id->u.text,
				sequences ? tok->after : tok->before,
				sequences ? &tok->n_after : &tok->n_before,
				where, err));
	}
	return sequences == 1 ? EE_OK :
	       ee_fail(err, EE_EFORMAT, "%s: the sequence occurs %zu times, "
		       "want once", where, sequences);
}

static enum ee_status
one_post(struct ee_tokenizer *tok, const struct ee_value *v,
	 const char *where, struct ee_err *err)
{
	const char *type = ee_tok_json_type(v);
	char at[300];

	if (strcmp(type, "ByteLevel") == 0)
		return EE_OK;
	if (strcmp(type, "TemplateProcessing") != 0)
		return ee_tok_json_refuse(where, "post_processor", type, err);
	if (tok->n_before + tok->n_after > 0)
		return ee_tok_json_refuse(where, type, "a second one", err);
	snprintf(at, sizeof(at), "%s: %s", where, type);
	return read_template(tok, v, at, err);
}

enum ee_status
ee_tok_json_post(struct ee_tokenizer *tok, const struct ee_value *v,
		 const char *where, struct ee_err *err)
{
	return ee_tok_json_each(tok, v, "processors", where, one_post, err);
}

static enum ee_status
read_strip(struct ee_decoder *d, const struct ee_value *v, const char *where,
	   struct ee_err *err)
{
	const struct ee_value *content = NULL;
	int64_t stop;

	TRY(ee_tok_json_text(v, "content", &content, where, err));
	TRY(ee_get_int(v, "start", 0, INT32_MAX, &d->strip, where, err));
	TRY(ee_get_int(v, "stop", 0, INT32_MAX, &stop, where, err));
	if (content == NULL || content->n != 1 || stop != 0)
		return ee_tok_json_refuse(where, "decoder", "Strip of more "
					  "than one ASCII character, or at "
					  "the end,", err);
	d->strip_char = content->u.text[0];
	return EE_OK;
}

static enum ee_status
read_metaspace(struct ee_decoder *d, const struct ee_value *v,
	       const char *where, struct ee_err *err)
{
	struct ee_metaspace meta;

	TRY(ee_tok_json_metaspace(v, &meta, where, err));
	d->drop_first = meta.scheme != EE_MARK_NEVER;
	return ee_tok_norm(d->replaces, &d->n_replaces, EE_NORM_REPLACE,
			   meta.mark->u.text, meta.mark->n, " ", 1, err);
}

static enum ee_status
read_replace(struct ee_decoder *d, const struct ee_value *v,
	     const char *where, struct ee_err *err)
{
	return ee_tok_json_replace(d->replaces, &d->n_replaces, v, where, err);
}

static enum ee_status
read_fallback(struct ee_decoder *d, const struct ee_value *v,
	      const char *where, struct ee_err *err)
{
	(void)v, (void)where, (void)err;
	d->byte_fallback = true;
	return EE_OK;
}

/* The steps of a decoder and the stages, 'from' to 'to', at which each may
 * stand; what it leads to. */
static const struct {
	const char *type;
	int from, to, then;
	enum ee_status (*read)(struct ee_decoder *d, const struct ee_value *v,
			       const char *where, struct ee_err *err);
} steps[] = {
	{ "Replace", 0, 0, 0, read_replace },
	{ "Metaspace", 0, 0, 1, read_metaspace },
	{ "ByteFallback", 0, 1, 2, read_fallback },
	{ "Fuse", 0, 2, 3, NULL },
	{ "Strip", 3, 3, 4, read_strip }
};
enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

static enum ee_status
one_step(struct ee_tokenizer *tok, const struct ee_value *v,
	 const char *where, struct ee_err *err)
{
	struct ee_decoder *d = &tok->decoder;
	const char *type = ee_tok_json_type(v);
	unsigned i = 0;

	while (i < STEPS && strcmp(type, steps[i].type) != 0)
		i++;
	if (i == STEPS || d->stage < steps[i].from || d->stage > steps[i].to)
		return ee_tok_json_refuse(where, "decoder", type, err);
	d->stage = steps[i].then;
	return steps[i].read ? steps[i].read(d, v, where, err) : EE_OK;
}

enum ee_status
ee_tok_json_decoder(struct ee_tokenizer *tok, const struct ee_value *v,
		    const char *where, struct ee_err *err)
{
	struct ee_decoder *d = &tok->decoder;

	d->byte_level = tok->vocab.byte_level;
	if (d->byte_level != (strcmp(ee_tok_json_type(v), "ByteLevel") == 0))
		return ee_tok_json_refuse(where, "decoder", d->byte_level
					  ? "any but ByteLevel, after that "
					    "pre-tokenizer,"
					  : "ByteLevel without that "
					    "pre-tokenizer", err);
	d->spaced = !d->byte_level && (v == NULL || v->type == EE_NULL);
	return d->byte_level ? EE_OK :
	       ee_tok_json_each(tok, v, "decoders", where, one_step, err);
}
