/*
 * budget.h - how the memory that --memory allows is shared out.
 *
 * Some of it is held whatever is said: edited weights, factors, what the BLAS
 * keeps.  The rest can be traded for time: rows computed together, and what
 * is kept so that it need not be made again.  Pages of a mapped file do not
 * count: the system takes them back when it wants to.  All sizes are in bytes
 * and about right, not exact.
 */
#ifndef EE_BUDGET_H
#define EE_BUDGET_H

#include "edit/hparams.h"
#include "model/config.h"
#include "tool.h"

struct budget {
	size_t held;
	size_t batch;		/* rows computed together */
	size_t kept;		/* a cache of activations */
};

/*
 * What --memory leaves beside b->held, or 'otherwise' where it is not said.
 * Where less is allowed than is held, a notice, and 0: the tool then works
 * with the least that it can.
 */
size_t budget_left(struct tool *tool, const struct budget *b,
		   size_t otherwise);

/* With -v: what gets how much, 'what' being what is kept, or NULL. */
void budget_tell(struct tool *tool, const struct budget *b, const char *what);

/* What any tool with a model holds: its tokenizer, panels of weights being
 * converted, the BLAS's buffers. */
size_t budget_base(void);

/* How many of the layers' statistics are held as factors: those of all, or
 * one, if all are more than --memory allows, or half of what there is. */
size_t budget_factors(const struct tool *tool, const struct ee_config *model,
		      const struct ee_hparams *hparams);

/* What an edit of these layers holds: the weights, twice where they are
 * 'returned' to, and so many factors. */
size_t budget_edits(const struct ee_config *model,
		    const struct ee_hparams *hparams, bool returned,
		    size_t factors);

/* A row going forward: a layer's activations; those, and all layers' keys and
 * values. */
size_t budget_layer(const struct ee_config *model);
size_t budget_row(const struct ee_config *model);

/* The search for a target in 'layer': activations of 'tokens' rows in the
 * layers above it, and logits of 'reads' with their gradient. */
size_t budget_search(const struct ee_config *model, size_t layer,
		     size_t tokens, size_t reads);

/* The machine's memory. */
size_t budget_machine(void);

/* "9.3 GiB"; returns text. */
const char *budget_text(double bytes, char text[32]);

#endif
