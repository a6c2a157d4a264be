/* npzdiff.c - how far two statistics are apart: diff.  See npztool.h. */
#include <stdlib.h>
#include <string.h>

#include "file/json.h"
#include "npztool.h"
#include "stats/compare.h"

/* Rows of 'tap' ("l.5.mlp.c_proj:in") from an activations stream; *n: at
 * most, and then how many.  The caller's to free. */
static enum ee_status
read_keys(struct tool *tool, const char *path, const struct ee_layer *layer,
	  float **keys, size_t *n)
{
	const char *tap = ee_arena_printf(&tool->arena, "%s:%s", layer->name,
					  layer->side);
	const size_t f = layer->sums.width, most = *n;
	const struct ee_value *record;
	struct ee_reader *reader;
	const char *name;
	struct ee_tensor x;
	enum ee_status status = ee_reader_open_file(&reader, path,
						    "activations",
						    &tool->err);

	*n = 0;
	*keys = ee_floats(most * f, &tool->err);
	if (status == EE_OK && (*keys == NULL || tap == NULL))
		status = EE_ENOMEM;
	while (status == EE_OK && *n < most) {
		status = ee_reader_next(reader, &record, &tool->err);
		if (status == EE_OK)
			status = ee_get_text(record, "tap", &name, path,
					     &tool->err);
		if (status != EE_OK || strcmp(name, tap) != 0)
			continue;
		status = ee_get_tensor(record, "x", EE_F32, 2, &x, path,
				       &tool->err);
		if (status == EE_OK && x.shape[1] != f)
			status = ee_fail(&tool->err, EE_EMATCH, "%s: rows of "
					 "%zu, want %zu", path, x.shape[1], f);
		if (status != EE_OK)
			break;
		if (x.shape[0] > most - *n)
			x.shape[0] = most - *n;
		memcpy(*keys + *n * f, x.data, x.shape[0] * f * sizeof(float));
		*n += x.shape[0];
	}
	ee_reader_close(reader);
	if ((status == EE_END || status == EE_OK) && *n == 0)
		return ee_fail(&tool->err, EE_EMATCH, "%s: no rows of '%s'",
			       path, tap);
	return status == EE_END ? EE_OK : status;
}

static void
print_lines(const struct ee_layer *a, const struct ee_layer *b,
	    const struct ee_difference *d, const struct npz_options *opt,
	    size_t n)
{
	printf("tokens\t%lld\t%lld\n", (long long)a->sums.count,
	       (long long)b->sums.count);
	printf("frobenius\t%.3g\n", d->frobenius);
	printf("diagonal\tmean %.3g\tmost %.3g, unit %zu\n", d->diagonal,
	       d->diagonal_most, d->unit);
	printf("trace\t%.6g\n", d->trace);
	if (d->singular != NULL) {
		printf("edit\t%s is singular: no C^-1 k without --ridge\n",
		       d->singular);
		return;
	}
	printf("angle\tmean %.3g\tmost %.3g degrees, of C^-1 k, %zu keys %s\n",
	       d->angle, d->angle_most, n, opt->keys ? "given" : "drawn");
	printf("cost\tmean %.6g\tmost %.6g times the least that an edit moves "
	       "other keys\n", d->cost, d->cost_most);
}

static void
print_json(struct tool *tool, const struct ee_layer *a,
	   const struct ee_layer *b, const struct ee_difference *d, size_t n)
{
	const struct { const char *key; double value; } numbers[] = {
		{ "angle", d->angle }, { "angle_most", d->angle_most },
		{ "cost", d->cost }, { "cost_most", d->cost_most },
		{ "frobenius", d->frobenius }, { "diagonal", d->diagonal },
		{ "diagonal_most", d->diagonal_most }, { "trace", d->trace },
	};
	struct ee_value out = ee_map(), tokens = ee_list();
	size_t i;

	ee_add(&tool->arena, &tokens, ee_int(a->sums.count));
	ee_add(&tool->arena, &tokens, ee_int(b->sums.count));
	ee_put(&tool->arena, &out, "layer", ee_text(b->name));
	ee_put(&tool->arena, &out, "tokens", tokens);
	if (d->singular != NULL)
		ee_put(&tool->arena, &out, "singular", ee_text(d->singular));
	else
		ee_put(&tool->arena, &out, "keys", ee_int((int64_t)n));
	for (i = d->singular ? 4 : 0; i < 8; i++)
		ee_put(&tool->arena, &out, numbers[i].key,
		       ee_real(numbers[i].value));
	ee_json_write(stdout, &out);
	putchar('\n');
}

static enum ee_status
compare(struct tool *tool, const struct npz_options *opt,
	const struct ee_layer *a, const struct ee_layer *b)
{
	struct ee_compare_options how = { .n = (size_t)opt->samples,
					  .seed = (uint64_t)opt->seed,
					  .ridge = opt->ridge };
	enum ee_status status = EE_OK;
	struct ee_difference d;
	float *keys = NULL;

	if (opt->keys != NULL)
		status = read_keys(tool, opt->keys, b, &keys, &how.n);
	how.keys = keys;
	if (status == EE_OK)
		status = ee_compare(&a->sums, &b->sums, &how, &d, &tool->err);
	free(keys);
	if (status != EE_OK)
		return status;
	if (opt->json)
		print_json(tool, a, b, &d, how.n);
	else
		print_lines(a, b, &d, opt, how.n);
	return EE_OK;
}

enum ee_status
npz_diff(struct tool *tool, const struct npz_options *opt)
{
	struct ee_layerset set[2] = { { 0 }, { 0 } };
	enum ee_status status = EE_OK;
	int i;

	for (i = 0; i < 2 && status == EE_OK; i++)
		status = npz_open_one(tool, opt->args[i], &set[i]);
	if (status == EE_OK)
		status = compare(tool, opt, set[0].list, set[1].list);
	ee_layerset_free(&set[0]);
	ee_layerset_free(&set[1]);
	return status;
}
