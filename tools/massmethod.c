/* massmethod.c - the method of a mass edit, and its systems.  See
 * massmethod.h. */
#include "massmethod.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "masskeys.h"

static const char *const method_names[] = {
	[MASS_MEMIT] = "MEMIT", [MASS_EMMET] = "EMMET",
	[MASS_ALPHAEDIT] = "AlphaEdit", [MASS_ALPHAEDIT + 1] = NULL,
};

const char *const *
mass_method_names(void)
{
	return method_names + MASS_MEMIT;
}

const char *
mass_method_name(enum mass_method method)
{
	return method_names[method];
}

static enum ee_status
open_null(struct session *s, size_t i, const struct mass_keys *earlier,
	  struct ee_solver *solver)
{
	const struct ee_hparams *h = &s->hparams;
	struct ee_err *err = &s->tool->err;
	struct ee_stats stats;
	enum ee_status status = session_stats(s, i, &stats);

	if (status != EE_OK)
		return status;
	status = ee_solver_null(solver, &stats.mom2, stats.count,
				h->null_threshold, h->l2, err);
	if (status == EE_OK && s->tool->verbose)
		fprintf(stderr, "ee-memit: layer %zu: %zu of %zu dimensions "
			"are free\n", h->layers[i], solver->r, solver->f);
	if (status == EE_OK && earlier->n > 0)
		status = ee_solver_add(solver, earlier->n, earlier->k, err);
	if (status != EE_OK)
		status = ee_within(err, status, "%s", stats.path);
	ee_stats_close(&stats);
	return status;
}

/* Which method, and has it what it needs? */
static enum ee_status
choose_method(const struct session *s, enum mass_method said,
	      enum mass_method *method)
{
	const struct ee_hparams *h = &s->hparams;
	const char *missing = NULL;
	enum mass_method m = MASS_ALPHAEDIT;

	while (m > MASS_MEMIT && strcmp(method_names[m], h->alg_name) != 0)
		m--;
	*method = said != MASS_AS_SAID ? said : m;
	if (*method != MASS_ALPHAEDIT && h->mom2_update_weight <= 0)
		missing = "mom2_update_weight";
	if (*method == MASS_ALPHAEDIT && h->l2 <= 0)
		missing = "L2";
	if (*method == MASS_ALPHAEDIT && h->null_threshold <= 0)
		missing = "nullspace_threshold";
	if (missing != NULL)
		return ee_fail(&s->tool->err, EE_EFORMAT, "%s: '%s' "
			       "is missing", s->opt->hparams, missing);
	return EE_OK;
}

enum ee_status
mass_systems_open(struct session *s, enum mass_method said, double mu,
		  struct mass_systems *m)
{
	struct mass_keys earlier[EE_MAX_EDIT_LAYERS] = { 0 };
	enum ee_status status = choose_method(s, said, &m->method);
	size_t i;

	m->mu = m->method != MASS_EMMET ? 1 :
		mu >= 0 ? mu : s->hparams.emmet_lambda;
	if (status == EE_OK)
		status = mass_keys_read(s, earlier);
	for (i = 0; i < s->hparams.nlayers && status == EE_OK; i++) {
		if (m->method == MASS_ALPHAEDIT)
			status = open_null(s, i, &earlier[i], &m->solver[i]);
		else
			status = session_solver(s, i, s->hparams.
						mom2_update_weight,
						earlier[i].k, earlier[i].n,
						&m->solver[i]);
	}
	for (i = 0; i < EE_MAX_EDIT_LAYERS; i++)
		free(earlier[i].k);
	return status;
}

void
mass_systems_free(struct mass_systems *m)
{
	size_t i;

	for (i = 0; i < EE_MAX_EDIT_LAYERS; i++)
		ee_solver_free(&m->solver[i]);
}

enum ee_status
mass_solve(void *systems, size_t i, size_t f, size_t n, const double *k,
	   double *a, struct ee_err *err)
{
	const struct mass_systems *m = systems;

	if (m->solver[i].f != f)
		return ee_fail(err, EE_EMATCH, "statistics of keys of %zu, "
			       "this layer's have %zu", m->solver[i].f, f);
	return ee_solve_keys(&m->solver[i], n, k, m->mu, a, err);
}
