/* massmethod.c - the method of a mass edit, and its systems.  See
 * massmethod.h. */
#include "massmethod.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "budget.h"

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

static enum ee_status
make_system(struct mass_systems *m, size_t i)
{
	struct session *s = m->session;
	const struct mass_keys *earlier = &m->earlier[i];

	if (m->method == MASS_ALPHAEDIT)
		return open_null(s, i, earlier, &m->solver[i]);
	return session_solver(s, i, s->hparams.mom2_update_weight,
			      earlier->k, earlier->n, &m->solver[i]);
}

static enum ee_status
find_statistics(struct session *s, size_t i)
{
	struct ee_stats stats;
	enum ee_status status = session_stats(s, i, &stats);

	if (status == EE_OK)
		ee_stats_close(&stats);
	return status;
}

enum ee_status
mass_systems_open(struct session *s, enum mass_method said, double mu,
		  struct mass_systems *m)
{
	enum ee_status status = choose_method(s, said, &m->method);
	size_t i;

	m->session = s;
	m->in_turn = s->hparams.nlayers >
		     budget_factors(s->tool, &s->model->config, &s->hparams);
	m->mu = m->method != MASS_EMMET ? 1 :
		mu >= 0 ? mu : s->hparams.emmet_lambda;
	if (status == EE_OK)
		status = mass_keys_read(s, m->earlier);
	for (i = 0; i < s->hparams.nlayers && status == EE_OK; i++)
		status = m->in_turn ? find_statistics(s, i) :
				      make_system(m, i);
	if (status == EE_OK && m->in_turn && s->tool->verbose)
		ee_warn(&s->tool->warn, "memory: the layers' systems are "
			"factored one after the other");
	return status;
}

enum ee_status
mass_systems_add(struct mass_systems *m, size_t i, size_t n,
		 const float *keys)
{
	struct ee_err *err = &m->session->tool->err;

	if (m->in_turn)
		return mass_keys_append(&m->earlier[i],
					m->session->model->config.f, keys, n,
					err);
	return ee_solver_add(&m->solver[i], n, keys, err);
}

void
mass_systems_free(struct mass_systems *m)
{
	size_t i;

	for (i = 0; i < EE_MAX_EDIT_LAYERS; i++) {
		ee_solver_free(&m->solver[i]);
		free(m->earlier[i].k);
	}
}

/* What there is to notice about its statistics was said when they were found.
 */
static enum ee_status
make_in_turn(struct mass_systems *m, size_t i)
{
	struct ee_warn *warn = &m->session->tool->warn;
	const struct ee_warn was = *warn;
	enum ee_status status;

	warn->put = NULL;
	status = make_system(m, i);
	*warn = was;
	return status;
}

enum ee_status
mass_solve(void *systems, size_t i, size_t f, size_t n, const double *k,
	   double *a, struct ee_err *err)
{
	struct mass_systems *m = systems;
	struct ee_solver *solver = &m->solver[i];
	enum ee_status status = EE_OK;

	if (m->in_turn)
		status = make_in_turn(m, i);
	if (status == EE_OK && solver->f != f)
		status = ee_fail(err, EE_EMATCH, "statistics of keys of %zu, "
				 "this layer's have %zu", solver->f, f);
	if (status == EE_OK)
		status = ee_solve_keys(solver, n, k, m->mu, a, err);
	if (m->in_turn)
		ee_solver_free(solver);
	return status;
}
