/*
 * mendwork.h - what ee-mend-apply works with: the hypernetwork and its model,
 * requests as tokens, and one edit of some of them.
 */
#ifndef EE_MENDWORK_H
#define EE_MENDWORK_H

#include <string.h>

#include "edit/mendedit.h"
#include "edit/request.h"
#include "modeltool.h"

struct mend_options {
	struct model_options model;
	const char *hparams, *archive, *requests;
	bool like_easyedit;
	bool sequential;	/* each request on the model edited so far */
	bool independent;	/* each request on the model as it was */
	double max_norm;	/* 0: any */
};

struct mend_work {
	struct tool *tool;
	const struct mend_options *opt;
	struct ee_model *model;
	struct ee_tokenizer *tok;
	struct ee_mend_params params;
	struct ee_mend *m;
	size_t n;			/* requests */
	struct ee_plain *requests;	/* (n) in tool->arena */
	struct ee_said *texts;		/* (n) there, too */
	struct ee_said *asks;		/* (n) as texts, but as the reference
					 * never has them; may be 'texts' */
	double *norms;			/* (m->nparams) of the weights */
	struct ee_arena arena;		/* of one record */
};

EE_MUST_CHECK enum ee_status mend_open(struct mend_work *w);
void mend_close(struct mend_work *w);

/* Change a weight of the model for the edits to come. */
EE_MUST_CHECK enum ee_status mend_lay_over(struct mend_work *w, size_t param,
	const struct ee_delta *delta);

/* One update that was made, of the requests from 'first' on. */
struct mend_update {
	struct mend_work *w;
	size_t first, n;
	const struct ee_mend_edit *edit;
	const double *p_before, *p_after;	/* (n) */
	struct ee_delta *deltas;	/* (nparams) r is 0 for none */
	double *sizes;			/* (nparams) |dW| / |W| */
};
/* What it does, in a line, unless quiet; the record of one weight. */
void mend_tell(const struct mend_update *update);
EE_MUST_CHECK enum ee_status mend_put(const struct mend_update *update,
	size_t param);

/* Some of w->texts, by a job of theirs: edited, told, checked, written, and,
 * where the next one is to build on it, laid over the model. */
EE_MUST_CHECK enum ee_status mend_edit(struct mend_work *w,
	const struct ee_mend_edit_job *job, struct ee_progress *progress);

/* How many tokens are computed together: as many as --memory has room for. */
size_t mend_tokens(struct mend_work *w);

#endif
