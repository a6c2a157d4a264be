/* budget.c - how memory is shared out.  See budget.h. */
#include "budget.h"

#include <stdio.h>
#include <unistd.h>

#include "math/threads.h"
#include "model/model.h"

/* See budget_base: a panel and a tokenizer, and what a thread of the BLAS has
 * touched of its buffer after products with a model 1,280 wide. */
enum { OWN = 24 << 20, THREAD = 16 << 20 };

const char *
budget_text(double bytes, char text[32])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB" };
	unsigned i = 0;

	for (; bytes >= 1024 && i < 3; i++)
		bytes /= 1024;
	snprintf(text, 32, i > 0 ? "%.1f %s" : "%.0f %s", bytes, units[i]);
	return text;
}

size_t
budget_machine(void)
{
	return (size_t)sysconf(_SC_PHYS_PAGES) *
	       (size_t)sysconf(_SC_PAGESIZE);
}

size_t
budget_left(struct tool *tool, const struct budget *b, size_t otherwise)
{
	char allowed[32], held[32];

	if (tool->memory == 0)
		return otherwise;
	if (tool->memory >= b->held)
		return tool->memory - b->held;
	ee_warn(&tool->warn, "--memory allows %s, but %s or so cannot be "
		"done without", budget_text((double)tool->memory, allowed),
		budget_text((double)b->held, held));
	return 0;
}

void
budget_tell(struct tool *tool, const struct budget *b, const char *what)
{
	char held[32], batch[32], kept[32];

	if (!tool->verbose)
		return;
	budget_text((double)b->held, held);
	budget_text((double)b->batch, batch);
	if (what == NULL)
		ee_warn(&tool->warn, "memory: %s held, %s for rows computed "
			"together", held, batch);
	else
		ee_warn(&tool->warn, "memory: %s held, %s for rows computed "
			"together, %s for %s", held, batch,
			budget_text((double)b->kept, kept), what);
}

size_t
budget_base(void)
{
	return OWN + (size_t)ee_threads() * THREAD;
}

size_t
budget_factors(const struct tool *tool, const struct ee_config *m,
	       const struct ee_hparams *h)
{
	const double f = (double)m->f, all = (double)h->nlayers * 8 * f * f;
	const size_t limit = tool->memory > 0 ? tool->memory :
			     budget_machine() / 2;

	return all > (double)limit ? 1 : h->nlayers;
}

size_t
budget_edits(const struct ee_config *m, const struct ee_hparams *h,
	     bool returned, size_t factors)
{
	const size_t weight = sizeof(float) * m->f * m->d;
	const size_t factor = h->mom2_adjustment ?
			      sizeof(double) * m->f * m->f : 0;

	return h->nlayers * weight * (returned ? 2 : 1) + factors * factor;
}

size_t
budget_search(const struct ee_config *m, size_t layer, size_t tokens,
	      size_t reads)
{
	const size_t above = m->layers - layer;

	return sizeof(float) * (tokens * above * (4 * m->d + 2 * m->f) +
				(reads + 2) * m->vocab);
}

size_t
budget_layer(const struct ee_config *m)
{
	return sizeof(float) * (4 * m->d + ee_site_width(m, EE_AT_QKV) +
				2 * ee_site_width(m, EE_AT_HEADS) + 3 * m->f);
}

size_t
budget_row(const struct ee_config *m)
{
	const size_t kv = ee_site_width(m, EE_AT_QKV) -
			  ee_site_width(m, EE_AT_HEADS);

	return budget_layer(m) + sizeof(float) * m->layers * kv;
}
