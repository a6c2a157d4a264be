/* covmemory.c - do all taps fit?  See covwork.h. */
#include <stdio.h>
#include <string.h>

#include "budget.h"
#include "covwork.h"
#include "stats/collector.h"

static double
need(const struct cov_options *opt, const struct ee_value *taps, size_t from,
     size_t to)
{
	return ee_collector_need(taps, from, to, opt->collect,
				 opt->until > 0);
}

/* What --memory says, else all that the machine has. */
static double
limit_of(const struct tool *tool)
{
	return (double)(tool->memory > 0 ? tool->memory : budget_machine());
}

/* Into how few groups, as ee-forward --group cuts them, must the taps go? 0:
 * even a single one is too large. */
static size_t
groups_of(const struct tool *tool, const struct cov_options *opt,
	  const struct ee_value *taps)
{
	const double limit = limit_of(tool);
	size_t groups, i;

	for (groups = 1; groups <= taps->n; groups++) {
		for (i = 0; i < groups; i++)
			if (need(opt, taps, i * taps->n / groups,
				 (i + 1) * taps->n / groups) > limit)
				break;
		if (i == groups)
			return groups;
	}
	return 0;
}

/* A command line of the history, without its version. */
static int
command_length(const struct ee_value *line)
{
	const char *mark;

	if (line->type != EE_TEXT)
		return 0;
	mark = strstr(line->u.text, "  # ");
	return mark != NULL ? (int)(mark - line->u.text) : (int)line->n;
}

/* The pipe that made this stream, for each group; nothing if it is not one
 * that ends in ee-forward, or was given a group already. */
static void
print_groups(const struct tool *tool, const struct ee_value *header,
	     size_t groups)
{
	const struct ee_value *h = ee_get(header, "history");
	const struct ee_value *last;
	const int own = (int)(strstr(tool->command, "  # ") - tool->command);
	size_t g, i;

	if (tool->quiet || h == NULL || h->type != EE_LIST || h->n == 0)
		return;
	last = &h->u.list[h->n - 1];
	if (last->type != EE_TEXT ||
	    strncmp(last->u.text, "ee-forward ", 11) != 0 ||
	    strstr(last->u.text, " --group") != NULL)
		return;
	for (g = 1; g <= groups; g++) {
		for (i = 0; i < h->n; i++)
			fprintf(stderr, "%.*s%s", command_length(
				&h->u.list[i]), h->u.list[i].u.text,
				i + 1 < h->n ? " | " : "");
		fprintf(stderr, " --group %zu/%zu | %.*s > group-%zu.ee\n", g,
			groups, own, tool->command, g);
	}
}

static enum ee_status
taps_of(const struct ee_value *header, const struct ee_value **taps,
	struct ee_err *err)
{
	*taps = ee_get(header, "taps");
	if (*taps == NULL || (*taps)->type != EE_LIST || (*taps)->n == 0)
		return ee_fail(err, EE_EFORMAT, "activations: the header "
			       "announces no taps");
	return EE_OK;
}

enum ee_status
cov_memory(struct tool *tool, const struct cov_options *opt,
	   const struct ee_value *header)
{
	const struct ee_value *taps;
	enum ee_status status = taps_of(header, &taps, &tool->err);
	char wanted[32], allowed[32];
	size_t groups;
	double bytes;

	if (status != EE_OK)
		return status;
	bytes = need(opt, taps, 0, taps->n);
	budget_text(bytes, wanted);
	if (tool->verbose || tool_progress(tool) != NULL)
		ee_warn(&tool->warn, "taps: %zu; memory needed: %s", taps->n,
			wanted);
	if (bytes <= limit_of(tool))
		return EE_OK;
	groups = groups_of(tool, opt, taps);
	budget_text(limit_of(tool), allowed);
	if (groups == 0)
		return ee_fail(&tool->err, EE_EINPUT, "one tap alone needs "
			       "%s of memory, and there may be %s",
			       budget_text(need(opt, taps, 0, 1), wanted),
			       allowed);
	print_groups(tool, header, groups);
	return ee_fail(&tool->err, EE_EINPUT, "%zu taps need %s of memory, "
		       "and there may be %s: count them in %zu groups, each "
		       "with ee-forward --group 1/%zu and so on", taps->n,
		       wanted, allowed, groups, groups);
}

enum ee_status
cov_plan(struct tool *tool, const struct cov_options *opt,
	 const struct ee_value *header)
{
	const struct ee_value *taps;
	enum ee_status status = taps_of(header, &taps, &tool->err);

	if (status != EE_OK)
		return status;
	printf("taps\t%zu\nbytes\t%.0f\ngroups\t%zu\n", taps->n,
	       need(opt, taps, 0, taps->n), groups_of(tool, opt, taps));
	return EE_OK;
}
