/* evalfind.c - the edits of a case, found and compared.  See evalwork.h. */
#include "edit/request.h"
#include "evalwork.h"

const struct case_edit *
case_edits_find(const struct case_edits *edits, const char *id, size_t *n)
{
	size_t low = 0, high = edits->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(edits->list[middle].id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*n = 0;
	while (low + *n < edits->n && strcmp(edits->list[low + *n].id, id) == 0)
		(*n)++;
	return *n > 0 ? &edits->list[low] : NULL;
}

enum ee_status
case_edits_check(const struct case_edits *edits, const struct ee_case *c,
		 size_t *silent, struct ee_err *err)
{
	struct ee_plain asked = { .prompt = c->list[0].prompt,
				  .subject = c->subject,
				  .target = c->list[0].target };
	size_t i, n;
	const struct case_edit *e = case_edits_find(edits, c->id, &n);
	enum ee_status status = EE_OK;

	memcpy(asked.id, c->id, sizeof(asked.id));
	for (i = 0; i < n && status == EE_OK; i++) {
		if (e[i].request == NULL)
			++*silent;
		else
			status = ee_plain_check(&asked, e[i].request,
						e[i].where, err);
	}
	return status;
}

bool
case_edits_same(const struct case_edits *edits, const char *a, const char *b)
{
	size_t na, nb, i;
	const struct case_edit *x = case_edits_find(edits, a, &na);
	const struct case_edit *y = case_edits_find(edits, b, &nb);

	if (na != nb)
		return false;
	for (i = 0; i < na; i++)
		if (x[i].delta.left != y[i].delta.left)
			return false;
	return true;
}
