/* mendwork.c - what ee-mend-apply works with.  See mendwork.h. */
#include "mendwork.h"

#include <stdlib.h>

#include "edit/mendarchive.h"

static enum ee_status
read_requests(struct mend_work *w)
{
	struct tool *tool = w->tool;
	struct ee_err *err = &tool->err;
	struct ee_value list;
	enum ee_status status;
	size_t i;

	status = model_requests(tool, w->opt->requests, &list);
	if (status != EE_OK)
		return status;
	w->requests = ee_calloc(list.n, sizeof(*w->requests), err);
	if (w->requests == NULL)
		return EE_ENOMEM;
	for (i = 0; i < list.n; i++) {
		status = ee_plain_read(&w->requests[i], &list.u.list[i],
				       i + 1, &tool->arena, err);
		if (status != EE_OK)
			return ee_within(err, status, "%s",
					 w->opt->requests);
	}
	w->n = list.n;
	return EE_OK;
}

static enum ee_status
make_texts(struct mend_work *w, enum ee_said_as as, struct ee_said **texts)
{
	struct ee_err *err = &w->tool->err;
	enum ee_status status = EE_OK;
	size_t i;

	*texts = ee_calloc(w->n, sizeof(**texts), err);
	if (*texts == NULL)
		return EE_ENOMEM;
	for (i = 0; i < w->n && status == EE_OK; i++) {
		const struct ee_plain *r = &w->requests[i];

		status = ee_said_make(&(*texts)[i], w->tok, r->prompt,
				      r->target, as, &w->tool->arena, err);
		(*texts)[i].id = r->id;
		if (status != EE_OK)
			status = ee_within(err, status, "case %s", r->id);
	}
	return status;
}

/* What the gradient is taken of, and what is asked about. */
static enum ee_status
tokenize(struct mend_work *w)
{
	const bool like = w->opt->like_easyedit;
	const bool batch = !w->opt->sequential && !w->opt->independent;
	enum ee_status status = make_texts(w, EE_SAID_ORIGINAL, &w->asks);

	if (status != EE_OK || !like) {
		w->texts = w->asks;
	} else {
		status = make_texts(w, EE_SAID_EASYEDIT, &w->texts);
		if (status == EE_OK && batch)
			status = ee_said_pad(w->texts, w->n,
				ee_tokenizer_eos(w->tok), &w->tool->arena,
				&w->tool->err);
	}
	return status == EE_OK ? EE_OK :
	       ee_within(&w->tool->err, status, "%s", w->opt->requests);
}

static void
take_norm(struct mend_work *w, size_t param)
{
	const struct ee_mend_param *p = &w->m->param[param];

	w->norms[param] = ee_weight_norm(&ee_model_param(w->model, p->layer,
							 p->role)->w);
}

enum ee_status
mend_lay_over(struct mend_work *w, size_t param, const struct ee_delta *d)
{
	const enum ee_status status = ee_model_edit(w->model, d->weight,
		d->left, d->out, d->right, d->in, d->r, 1, &w->tool->err);

	if (status == EE_OK)
		take_norm(w, param);
	return status;
}

/* The archive that is asked for, or that the hyper-parameters name. */
static enum ee_status
open_archive(struct mend_work *w)
{
	const char *path = w->opt->archive != NULL ? w->opt->archive
						   : w->params.archive;
	struct ee_err *err = &w->tool->err;
	enum ee_status status;
	size_t i;

	if (path == NULL)
		return ee_fail(err, EE_EINPUT, "%s: 'archive' is null, which "
			       "is for training: set it to the file that "
			       "ee-mend-train has written, or give --archive "
			       "FILE", w->opt->hparams);
	status = ee_mend_empty(&w->m, &w->params, w->model, err);
	if (status != EE_OK)
		return ee_within(err, status, "%s", w->opt->hparams);
	status = ee_mend_load(w->m, path, w->model, NULL,
			      w->opt->model.force, &w->tool->warn, err);
	if (status != EE_OK)
		return status;
	w->norms = ee_doubles(w->m->nparams, err);
	if (w->norms == NULL)
		return EE_ENOMEM;
	for (i = 0; i < w->m->nparams; i++)
		take_norm(w, i);
	return EE_OK;
}

enum ee_status
mend_open(struct mend_work *w)
{
	struct tool *tool = w->tool;
	enum ee_status status;

	status = ee_mend_params_read(&w->params, w->opt->hparams, &tool->warn,
				     &tool->err);
	if (status == EE_OK)
		status = read_requests(w);
	if (status == EE_OK)
		status = model_open_both(tool, &w->opt->model, &w->model,
					 &w->tok);
	if (status == EE_OK)
		status = open_archive(w);
	return status == EE_OK ? tokenize(w) : status;
}

void
mend_close(struct mend_work *w)
{
	if (w->texts != w->asks)
		free(w->texts);
	free(w->asks);
	free(w->requests);
	free(w->norms);
	ee_mend_free(w->m);
	ee_mend_params_free(&w->params);
	ee_tokenizer_close(w->tok);
	ee_model_close(w->model);
	ee_arena_free(&w->arena);
}
