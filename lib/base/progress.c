/* progress.c - how far a long job is.  See progress.h. */
#include "base/progress.h"

#include <time.h>

double
ee_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void
ee_progress_start(struct ee_progress *p, FILE *out, const char *what,
		  double total)
{
	p->out = out;
	p->what = what;
	p->total = total;
	p->done = 0;
	p->started = p->shown = ee_seconds();
}

void
ee_progress_add(struct ee_progress *p, double n)
{
	const double now = p->out != NULL ? ee_seconds() : 0;
	const double rate = p->done / (now - p->started + 1e-9);

	p->done += n;
	if (p->out == NULL || now - p->shown < 0.2)
		return;
	p->shown = now;
	fprintf(p->out, "\r\033[K%.0f", p->done);
	if (p->total > 0)
		fprintf(p->out, "/%.0f", p->total);
	fprintf(p->out, " %s, %.3g/s", p->what, rate);
	if (p->total > p->done && rate > 0)
		fprintf(p->out, ", %.0f s left", (p->total - p->done) / rate);
	fflush(p->out);
}

void
ee_progress_end(struct ee_progress *p)
{
	if (p->out != NULL && p->shown > p->started)
		fputs("\r\033[K", p->out);
	p->out = NULL;
}
