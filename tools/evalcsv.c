/* evalcsv.c - what ee-eval found, for spreadsheets.  See evalwork.h. */
#include <math.h>

#include "base/outfile.h"
#include "evalwork.h"

static const char *const whens[2] = { "before", "after" };

/* A field; quoted where it has to be. */
static void
put_text(FILE *fp, const char *text)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		fputs(text, fp);
		return;
	}
	putc('"', fp);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putc('"', fp);
		putc(*text, fp);
	}
	putc('"', fp);
}

static void
put_number(FILE *fp, double x)
{
	putc(',', fp);
	if (!isnan(x))
		fprintf(fp, "%.10g", x);
}

static double
real_of(const struct ee_value *map, const char *key)
{
	const struct ee_value *v = ee_get(map, key);

	return v != NULL && v->type == EE_REAL ? v->u.real : (double)NAN;
}

/* The value of a measure in a record (from 0); NaN if it has none. */
static double
value_of(const struct ee_tally *tally, const char *name, int when, size_t at)
{
	const size_t m = ee_tally_find(tally, name);

	return m < tally->n && tally->value[m][when] != NULL ?
	       tally->value[m][when][at] : (double)NAN;
}

/* The columns: the measures of 'before', then those of 'after'. */
static void
put_rows(FILE *fp, const struct eval *e, const struct ee_value *const cols[2])
{
	static const char *const totals[] = { "mean", "low", "high" };
	size_t i, k;
	int when;

	fputs("row,case_id", fp);
	for (when = EE_BEFORE; when <= EE_AFTER; when++)
		for (k = 0; cols[when] != NULL && k < cols[when]->n; k++) {
			fprintf(fp, ",%s.", whens[when]);
			put_text(fp, cols[when]->u.map[k].key);
		}
	for (i = 0; i < e->exam.ncases; i++) {
		fputs("\nrecord,", fp);
		put_text(fp, e->exam.cases[i].id);
		for (when = EE_BEFORE; when <= EE_AFTER; when++)
			for (k = 0; cols[when] && k < cols[when]->n; k++)
				put_number(fp, value_of(&e->tally,
					cols[when]->u.map[k].key, when, i));
	}
	for (i = 0; i < 3; i++) {
		fprintf(fp, "\n%s,", totals[i]);
		for (when = EE_BEFORE; when <= EE_AFTER; when++)
			for (k = 0; cols[when] && k < cols[when]->n; k++)
				put_number(fp, real_of(
					&cols[when]->u.map[k].value,
					totals[i]));
	}
	putc('\n', fp);
}

enum ee_status
eval_csv(struct eval *e, const struct ee_value *summary)
{
	const struct ee_value *v = ee_get(summary, "summary");
	const struct ee_value *const cols[2] = { ee_get(v, whens[0]),
						 ee_get(v, whens[1]) };
	struct ee_outfile file;
	enum ee_status status = ee_outfile_open(&file, e->opt->csv,
						&e->tool->err);

	if (status != EE_OK)
		return status;
	put_rows(file.fp, e, cols);
	return ee_outfile_commit(&file, &e->tool->err);
}
