/* sequence.c - the logits of one sequence.  See forward.h. */
#include <stdlib.h>

#include "model/forward.h"

enum ee_status
ee_sequence_logits(const struct ee_model *model, const int32_t *ids, size_t n,
		   size_t rows, float *logits, struct ee_err *err)
{
	const size_t d = model->config.d;
	struct ee_trie trie = { 0 };
	struct ee_span span = { 0 };
	struct ee_pass pass;
	float *x = ee_floats(n * d, err);
	enum ee_status status = x != NULL ? EE_OK : EE_ENOMEM;

	if (status == EE_OK)
		status = ee_trie_insert(&trie, EE_NO_NODE, ids, n, NULL, err);
	if (status == EE_OK)
		status = ee_span_make(&span, &trie, 0, n, err);
	if (status == EE_OK)
		status = ee_pass_open(&pass, model, &trie, 0, err);
	if (status == EE_OK) {
		status = ee_embed(&pass, &span, x, err);
		if (status == EE_OK)
			status = ee_forward(&pass, &span, 0,
					    model->config.layers, x, err);
		if (status == EE_OK)
			status = ee_logits(model, rows, x + (n - rows) * d,
					   NULL, logits, err);
		ee_pass_close(&pass);
	}
	ee_span_free(&span);
	ee_trie_free(&trie);
	free(x);
	return status;
}
