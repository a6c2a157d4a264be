/* mendmemory.c - how much of a batch is computed together.  See mendwork.h. */
#include "budget.h"
#include "mendwork.h"

/* Bytes that a token takes, going up and back: what is kept of the upper
 * layers, the gradient's rows twice, and a network's rows on their way. */
static size_t
token_size(const struct mend_work *w)
{
	const struct ee_config *c = &w->model->config;
	const struct ee_mend *m = w->m;
	size_t most = 0, rows = 0, net, i, k;

	for (i = 0; i < m->nnets; i++) {
		for (net = k = 0; k < m->nparams; k++)
			if (m->param[k].net == i)
				net += 3 * (m->param[k].in + m->param[k].out) +
				       m->net[i].mlp[0].rank;
		most = net > most ? net : most;
	}
	for (k = 0; k < m->nparams; k++)
		rows += 2 * (m->param[k].in + m->param[k].out);
	return sizeof(float) * (rows + most + 2 * c->d + (c->layers -
				m->first) * (6 * c->d + 2 * c->f)) +
	       budget_layer(c);
}

/* Bytes of an update of all, and of what it is made into: see
 * ee_mend_rows_add. */
static size_t
update_size(const struct mend_work *w)
{
	size_t tokens = 0, floats = 0, i;

	for (i = 0; i < w->n; i++)
		tokens += w->texts[i].n;
	for (i = 0; i < w->m->nparams; i++) {
		const size_t in = w->m->param[i].in, out = w->m->param[i].out;
		const size_t side = in < out ? in : out;

		floats += 2 * (in + out) * (tokens < side ? tokens : side);
	}
	return w->opt->independent || w->opt->sequential ? 0 :
	       sizeof(float) * floats;
}

size_t
mend_tokens(struct mend_work *w)
{
	const size_t usual = (size_t)2 << 30, token = token_size(w);
	struct budget b = { .held = budget_base() + update_size(w) };

	b.batch = budget_left(w->tool, &b, usual);
	budget_tell(w->tool, &b, NULL);
	return b.batch / token;
}
