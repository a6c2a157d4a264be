/* trainset.c - a data set as training examples.  See trainset.h. */
#include "score/trainset.h"

#include <stdio.h>
#include <string.h>

#include "base/try.h"
#include "file/json.h"

struct reading {
	struct ee_trainset *set;
	const struct ee_tokenizer *tok;
	const struct ee_trainset_options *options;
	struct ee_err *err;
};

/* The first question about 'aspect', or NULL. */
static const struct ee_question *
question(const struct ee_case *c, enum ee_aspect aspect)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->list[i].aspect == aspect)
			return &c->list[i];
	return NULL;
}

/* EasyEdit cuts behind what is too long, and not the labels. */
static enum ee_status
say(const struct reading *r, struct ee_said *said, const char *prompt,
    const char *answer, bool *all_fit)
{
	const bool like = r->options->like_easyedit;

	TRY(ee_said_make(said, r->tok, prompt, answer,
			 like ? EE_SAID_EASYEDIT_TRAINS : EE_SAID_ORIGINAL,
			 &r->set->arena, r->err));
	if (said->n <= r->options->max_length)
		return EE_OK;
	*all_fit = *all_fit && like;
	said->n = r->options->max_length;
	if (like && said->nlabels >= said->n)
		return ee_fail(r->err, EE_EINPUT, "'%s' with the answer "
			       "'%s': no token before the answer, cut to %zu",
			       prompt, answer, said->n);
	return EE_OK;
}

/* One case as an example; '*fits' is false if it is too long. */
static enum ee_status
make_example(const struct reading *r, const struct ee_case *c,
	     struct ee_example *example, bool *fits)
{
	const struct ee_question *edit = question(c, EE_REWRITE);
	const struct ee_question *again = question(c, EE_REPHRASE);
	const struct ee_question *loc = question(c, EE_LOCALITY);

	*fits = true;
	memset(example, 0, sizeof(*example));
	memcpy(example->id, c->id, sizeof(example->id));
	TRY(say(r, &example->edit, edit->prompt, edit->target, fits));
	example->outer = example->edit;
	if (r->options->rephrase && again != NULL)
		TRY(say(r, &example->outer, again->prompt, edit->target,
			fits));
	if (loc != NULL)
		TRY(say(r, &example->loc, loc->prompt, loc->other != NULL ?
			loc->other : loc->target, fits));
	return EE_OK;
}

static enum ee_status
teach_all(const struct reading *r, const struct ee_value *records,
	  struct ee_arena *arena, size_t *without)
{
	struct ee_trainset *l = r->set;
	enum ee_data_format format;
	struct ee_case c;
	size_t i;
	enum ee_status status;
	bool fits;

	if (records->n == 0)
		return ee_fail(r->err, EE_EINPUT, "no records");
	TRY(ee_data_format_guess(&records->u.list[0], &format, r->err));
	l->list = ee_arena_alloc(&l->arena, records->n * sizeof(*l->list),
				 _Alignof(struct ee_example));
	if (l->list == NULL)
		return ee_arena_check(&l->arena, r->err);
	for (i = 0; i < records->n; i++) {
		struct ee_example *example = &l->list[l->n];

		TRY(ee_case_read(&c, &records->u.list[i], format, i + 1,
				 arena, r->err));
		status = make_example(r, &c, example, &fits);
		if (status != EE_OK)
			return ee_within(r->err, status, "case %s", c.id);
		l->n += fits;
		l->too_long += !fits;
		*without += fits && example->loc.n == 0;
		ee_arena_reset(arena);
	}
	return EE_OK;
}

enum ee_status
ee_trainset_read(struct ee_trainset *set, const char *path,
		 const struct ee_tokenizer *tok,
		 const struct ee_trainset_options *options,
		 const struct ee_warn *warn, struct ee_err *err)
{
	const struct reading r = { set, tok, options, err };
	struct ee_arena file = { 0 }, one = { 0 };
	struct ee_value records;
	size_t without = 0;
	enum ee_status status;

	memset(set, 0, sizeof(*set));
	status = ee_json_records(&file, path, &records, err);
	if (status == EE_OK) {
		status = teach_all(&r, &records, &one, &without);
		if (status != EE_OK)
			status = ee_within(err, status, "%s", path);
	}
	ee_arena_free(&one);
	ee_arena_free(&file);
	if (status == EE_OK && set->n == 0)
		status = ee_fail(err, EE_EINPUT, "%s: every record is longer "
				 "than max_length, %zu tokens", path,
				 options->max_length);
	if (status == EE_OK && set->too_long > 0)
		ee_warn(warn, "%s: %zu of %zu records left out: longer than "
			"max_length, %zu tokens", path, set->too_long,
			set->too_long + set->n,
			options->max_length);
	if (status == EE_OK && without > 0)
		ee_warn(warn, "%s: %zu of %zu records have no locality "
			"prompt: nothing says that they must not change "
			"other things", path, without, set->n);
	return status;
}

void
ee_trainset_free(struct ee_trainset *set)
{
	ee_arena_free(&set->arena);
	memset(set, 0, sizeof(*set));
}
