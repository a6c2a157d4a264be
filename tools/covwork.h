/*
 * covwork.h - the parts of ee-cov: statistics of a stream of activations, of
 * weights, and whether the memory is enough.
 */
#ifndef EE_COVWORK_H
#define EE_COVWORK_H

#include "tool.h"

enum { COV_TAPS = 256 };

struct cov_options {
	unsigned collect;	/* 0: not said */
	int64_t tokens;		/* 0: all, or */
	double widths;		/* so many times the widest tap's */
	double until;		/* change of C^-1 k; 0: not watched */
	const char *checkpoint;
	double every;		/* seconds */
	bool plan;		/* say what is needed, and end */
	bool weights;		/* of a model, not a stream: */
	const char *model, *taps[COV_TAPS];
	size_t ntaps;
};

/* Read activations, write their statistics. */
EE_MUST_CHECK enum ee_status cov_stream(struct tool *tool,
	const struct cov_options *opt);

/*
 * Do the taps that the stream's header announces fit into the memory?  Says
 * how much they need, to whoever watches.  Fails with EE_EINPUT, and before
 * prints the commands that take them in groups.
 */
EE_MUST_CHECK enum ee_status cov_memory(struct tool *tool,
	const struct cov_options *opt, const struct ee_value *header);

/* For --plan: "taps", "bytes" and "groups", each with its number, as text. */
EE_MUST_CHECK enum ee_status cov_plan(struct tool *tool,
	const struct cov_options *opt, const struct ee_value *header);

/* Write the statistics of weights, no stream being read. */
EE_MUST_CHECK enum ee_status cov_weights(struct tool *tool,
	const struct cov_options *opt);

#endif
