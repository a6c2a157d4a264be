/* mendlearn_job.c - memory of one call of ee_mend_losses.  See
 * mendlearn_job.h. */
#include "edit/mendlearn_job.h"

#include <stdlib.h>
#include <string.h>

enum ee_status
ee_mend_job_open(struct ee_mend_job *j)
{
	const size_t nparams = j->learner->m->nparams;
	const size_t blocks = j->n * nparams;
	size_t i;

	j->first_example = ee_calloc(j->n, sizeof(*j->first_example), j->err);
	if (j->first_example == NULL)
		return EE_ENOMEM;
	for (i = 0; i < j->n; i++) {
		j->first_example[i] = j->nexamples;
		j->nexamples += j->groups[i].n;
	}
	j->frozen = ee_calloc(j->nexamples, sizeof(*j->frozen), j->err);
	j->views = ee_calloc(j->nexamples * nparams, sizeof(*j->views),
			     j->err);
	j->states = ee_calloc(j->nexamples, sizeof(*j->states), j->err);
	j->normal = ee_calloc(blocks, sizeof(*j->normal), j->err);
	j->changed = ee_calloc(blocks, sizeof(*j->changed), j->err);
	j->dchanged = ee_calloc(blocks, sizeof(*j->dchanged), j->err);
	j->dlr = ee_calloc(blocks, sizeof(*j->dlr), j->err);
	j->back_status = ee_calloc(blocks, sizeof(*j->back_status), j->err);
	j->patches = ee_calloc(blocks, sizeof(*j->patches), j->err);
	return j->frozen != NULL && j->views != NULL && j->states != NULL &&
	       j->normal != NULL && j->changed != NULL &&
	       j->dchanged != NULL && j->dlr != NULL &&
	       j->back_status != NULL && j->patches != NULL ? EE_OK :
	       EE_ENOMEM;
}

static void
free_rows(struct ee_mend_rows *rows, size_t n)
{
	size_t i;

	for (i = 0; rows != NULL && i < n; i++)
		ee_mend_rows_free(&rows[i]);
	free(rows);
}

void
ee_mend_job_close(struct ee_mend_job *j)
{
	const size_t blocks = j->n * j->learner->m->nparams;

	free(j->first_example);
	free(j->frozen);
	free(j->views);
	free(j->states);
	free_rows(j->normal, blocks);
	free_rows(j->changed, blocks);
	free_rows(j->dchanged, blocks);
	ee_mend_tape_free(&j->tape);
	free(j->dlr);
	free(j->back_status);
	ee_trie_free(&j->trie);
	free(j->patches);
	free(j->kept);
	free(j->x);
	free(j->reads);
	free(j->nodes);
	free(j->dx);
	free(j->scratch);
	free(j->logits);
	free(j->said);
	free(j->logits0);
}

void
ee_mend_job_view(struct ee_mend_job *j)
{
	const size_t d = j->learner->model->config.d;
	const size_t nparams = j->learner->m->nparams;
	size_t g, i;

	for (g = 0; g < j->n; g++) {
		for (i = 0; i < j->groups[g].n; i++) {
			const size_t k = j->first_example[g] + i;

			j->states[k] = ee_frozen_view(&j->frozen[k],
				j->learner->m,
				&j->examples[j->groups[g].ids[i]], d,
				j->views + k * nparams);
		}
	}
}
