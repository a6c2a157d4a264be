/* templates.c - context templates.  See templates.h. */
#include "edit/templates.h"

#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/random.h"
#include "base/try.h"
#include "file/json.h"
#include "model/generate.h"

void
ee_templates_free(struct ee_templates *t)
{
	free(t->text);
	free(t->group);
	ee_arena_free(&t->arena);
	memset(t, 0, sizeof(*t));
}

static enum ee_status
add(struct ee_templates *t, const char *text, size_t group,
    struct ee_err *err)
{
	const char **texts = ee_grow(t->text, t->n + 1, sizeof(*texts), err);
	size_t *groups;

	if (texts == NULL)
		return EE_ENOMEM;
	t->text = texts;
	groups = ee_grow(t->group, t->n + 1, sizeof(*groups), err);
	if (groups == NULL)
		return EE_ENOMEM;
	t->group = groups;
	texts[t->n] = text;
	groups[t->n++] = group;
	return EE_OK;
}

static enum ee_status
add_value(struct ee_templates *t, const struct ee_value *v, size_t group,
	  const char *path, struct ee_err *err)
{
	const char *hole;

	if (v->type != EE_TEXT)
		return ee_fail(err, EE_EFORMAT, "%s: template %zu is %s, want "
			       "a string", path, t->n + 1,
			       ee_type_name(v->type));
	hole = strstr(v->u.text, "{}");
	if (hole == NULL || strstr(hole + 2, "{}") != NULL)
		return ee_fail(err, EE_EFORMAT, "%s: template %zu must have "
			       "{} once: '%s'", path, t->n + 1, v->u.text);
	return add(t, v->u.text, group, err);
}

enum ee_status
ee_templates_read(struct ee_templates *t, const char *path,
		  struct ee_err *err)
{
	struct ee_value json;
	enum ee_status status;
	size_t i, k;

	memset(t, 0, sizeof(*t));
	status = ee_json_read(&t->arena, path, &json, err);
	if (status == EE_OK && (json.type != EE_LIST || json.n == 0))
		status = ee_fail(err, EE_EFORMAT, "%s: want a list of "
				 "templates", path);
	for (i = 0; status == EE_OK && i < json.n; i++) {
		const struct ee_value *v = &json.u.list[i];

		if (v->type != EE_LIST)
			status = add_value(t, v, i > 0, path, err);
		for (k = 0; v->type == EE_LIST && k < v->n &&
		     status == EE_OK; k++)
			status = add_value(t, &v->u.list[k], i, path, err);
	}
	if (status == EE_OK && t->n == 0)
		status = ee_fail(err, EE_EFORMAT, "%s: no templates", path);
	if (status != EE_OK)
		ee_templates_free(t);
	return status;
}

enum ee_status
ee_templates_print(const struct ee_templates *t, FILE *fp,
		   struct ee_err *err)
{
	struct ee_arena arena = { 0 };
	struct ee_value list = ee_list(), group = ee_list();
	enum ee_status status;
	size_t i;

	for (i = 0; i < t->n; i++) {
		ee_add(&arena, &group, ee_text(t->text[i]));
		if (i + 1 == t->n || t->group[i + 1] != t->group[i]) {
			ee_add(&arena, &list, group);
			group = ee_list();
		}
	}
	status = ee_arena_check(&arena, err);
	if (status == EE_OK) {
		ee_json_write(fp, &list);
		putc('\n', fp);
	}
	ee_arena_free(&arena);
	return status;
}

enum ee_status
ee_templates_write(const struct ee_templates *t, const char *path,
		   struct ee_err *err)
{
	struct ee_outfile file;

	TRY(ee_outfile_open(&file, path, err));
	return ee_outfile_end(&file, ee_templates_print(t, file.fp, err), err);
}

static const char *const starts[] = {
	"The", "Therefore", "Because", "I", "You"
};
enum { STARTS = sizeof(starts) / sizeof(starts[0]) };

/* One sampled sequence to a template. */
static enum ee_status
add_sampled(struct ee_templates *t, const struct ee_tokenizer *tok,
	    const struct ee_sequence *s, struct ee_err *err)
{
	char *text = NULL, *copy, *p;
	size_t len, room = 0;
	enum ee_status status = ee_decode(tok, s->ids, s->n, true, &text,
					  &len, &room, err);

	if (status == EE_OK) {
		for (p = text; p < text + len; p++)
			if (strchr("{}\r\n", *p) != NULL)
				*p = ' ';
		copy = ee_arena_printf(&t->arena, "%.*s. {}", (int)len, text);
		status = copy != NULL ? add(t, copy, 1, err) :
			 ee_arena_check(&t->arena, err);
	}
	free(text);
	return status;
}

/* 'each' continuations of every start, 'length' tokens in all. */
static enum ee_status
sample_length(struct ee_templates *t, const struct ee_model *model,
	      const struct ee_tokenizer *tok, size_t length, size_t each,
	      struct ee_random *random, struct ee_err *err)
{
	const struct ee_sampling sampling = { .top_k = 5, .temperature = 1,
		.vocab = ee_tokenizer_size(tok) };
	const size_t n = STARTS * each;
	struct ee_sequence *seq = ee_calloc(n, sizeof(*seq), err);
	enum ee_status status = seq != NULL ? EE_OK : EE_ENOMEM;
	size_t i;

	for (i = 0; i < n && status == EE_OK; i++) {
		const char *start = starts[i / each];
		struct ee_ids ids = { 0 };

		status = ee_encode(tok, start, strlen(start), 0, &ids, err);
		seq[i].n = ids.n;
		seq[i].most = length > ids.n ? length : ids.n;
		seq[i].stop = ee_tokenizer_eos(tok);
		seq[i].ids = ee_calloc(seq[i].most, sizeof(*ids.ids), err);
		if (seq[i].ids == NULL)
			status = EE_ENOMEM;
		else if (status == EE_OK)
			memcpy(seq[i].ids, ids.ids, ids.n * sizeof(*ids.ids));
		ee_ids_free(&ids);
	}
	if (status == EE_OK)
		status = ee_generate(model, &sampling, random, seq, n, err);
	for (i = 0; i < n && status == EE_OK; i++)
		status = add_sampled(t, tok, &seq[i], err);
	for (i = 0; seq != NULL && i < n; i++)
		free(seq[i].ids);
	free(seq);
	return status;
}

enum ee_status
ee_templates_sample(struct ee_templates *t, const struct ee_model *model,
		    const struct ee_tokenizer *tok, size_t nlengths,
		    const int64_t *length, const int64_t *count,
		    uint64_t seed, struct ee_err *err)
{
	struct ee_random random;
	enum ee_status status;
	size_t i;

	memset(t, 0, sizeof(*t));
	ee_random_seed(&random, seed);
	status = add(t, "{}", 0, err);
	for (i = 0; i < nlengths && status == EE_OK; i++)
		if (count[i] >= STARTS)
			status = sample_length(t, model, tok,
					       (size_t)length[i],
					       (size_t)count[i] / STARTS,
					       &random, err);
	if (status != EE_OK)
		ee_templates_free(t);
	return status;
}
