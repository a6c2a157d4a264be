/* fingerprint.c - of which weights a thing was made.  See model.h. */
#include <inttypes.h>
#include <stdio.h>

#include "base/outfile.h"
#include "math/convert.h"
#include "model/model.h"

void
ee_print_text(uint64_t print, char text[EE_PRINT_TEXT])
{
	snprintf(text, EE_PRINT_TEXT, "%016" PRIx64, print);
}

uint64_t
ee_model_print(const struct ee_model *m, size_t layer, enum ee_site site)
{
	return m->prints[2 * layer + (site >= EE_AT_MLP)];
}

uint64_t
ee_model_file_print(const struct ee_model *m, size_t layer, enum ee_site site)
{
	return m->file_prints[2 * layer + (site >= EE_AT_MLP)];
}

/* 256 of n values, in runs of 8 evenly spread: a page of the file each. */
enum { RUNS = 32, RUN = 8 };

static size_t
run_at(size_t n, size_t i)
{
	/* i n / RUNS, without the product overflowing */
	return n / RUNS * i + n % RUNS * i / RUNS;
}

static uint64_t
hash_values(uint64_t hash, const void *data, enum ee_dtype dtype, size_t n)
{
	const size_t size = ee_dtype_size(dtype), most = RUNS * RUN;
	const size_t runs = n > most ? RUNS : 1, run = n > most ? RUN : n;
	const uint64_t length = n;
	size_t i;
	float v[RUNS * RUN];

	hash = ee_hash(hash, &length, sizeof(length));
	for (i = 0; i < runs; i++) {
		ee_to_f32(dtype, (const char *)data + run_at(n, i) * size,
			  run, v);
		hash = ee_hash(hash, v, run * sizeof(*v));
	}
	return hash;
}

/* Ask for the runs, or for all where little lies between them. */
static void
prefetch(const struct ee_param *p)
{
	const size_t size = ee_dtype_size(p->w.dtype), n = p->w.out * p->w.in;
	const size_t little = 32 << 10;
	size_t i;

	if (p->module == NULL || p->norm != NULL)
		return;
	if (n * size <= RUNS * little) {
		ee_map_prefetch(p->w.data, n * size);
		return;
	}
	for (i = 0; i < RUNS; i++)
		ee_map_prefetch((const char *)p->w.data +
				run_at(n, i) * size, RUN * size);
}

void
ee_model_prefetch(const struct ee_model *m)
{
	size_t i, role;

	for (i = 0; i < m->config.layers; i++)
		for (role = 0; role < EE_LAYER_ROLES; role++)
			prefetch(ee_model_param(m, i, (enum ee_role)role));
}

static uint64_t
hash_param(uint64_t hash, const struct ee_param *p)
{
	if (p->module == NULL)
		return hash;
	if (p->norm != NULL)
		hash = hash_values(hash, p->norm, EE_F32, p->w.out);
	else
		hash = hash_values(hash, p->w.data, p->w.dtype,
				   p->w.out * p->w.in);
	if (p->bias != NULL)
		hash = hash_values(hash, p->bias, EE_F32, p->w.out);
	return hash;
}

uint64_t
ee_param_print(const struct ee_param *p)
{
	return hash_param(EE_HASH_START, p);
}

/* What few models have, or have otherwise than the same weights elsewhere:
 * how far attention sees, and how positions and scores are scaled. */
static uint64_t
hash_unusual(uint64_t hash, const struct ee_config *c)
{
	const uint64_t ways[] = { c->window, c->llama3, c->scale_scores,
				  c->scale_by_layer };
	const double scaling[] = { c->factor, c->low, c->high, c->original };

	hash = ee_hash(hash, ways, sizeof(ways));
	return ee_hash(hash, scaling, sizeof(scaling));
}

/* prints[l][0]: everything that the keys of layer l depend on;
 * prints[l][1]: that and the down projection of layer l. */
void
ee_model_fingerprint(struct ee_model *m)
{
	const struct ee_config *c = &m->config;
	const uint64_t shape[] = { c->layers, c->d, c->heads, c->kv_heads,
				   c->head, c->f, c->vocab, c->rotary,
				   (uint64_t)c->residual,
				   (uint64_t)c->activation };
	uint64_t hash = ee_hash(EE_HASH_START, shape, sizeof(shape));
	size_t i, role;

	hash = ee_hash(hash, &c->theta, sizeof(c->theta));
	if (c->window != 0 || c->factor != 1 || !c->scale_scores ||
	    c->scale_by_layer)
		hash = hash_unusual(hash, c);
	hash = hash_param(hash, ee_model_param(m, 0, EE_W_EMBED));
	hash = hash_param(hash, ee_model_param(m, 0, EE_W_POSITION));
	for (i = 0; i < c->layers; i++) {
		for (role = 0; role < EE_W_DOWN; role++)
			hash = hash_param(hash, ee_model_param(m, i,
						(enum ee_role)role));
		m->prints[2 * i] = hash;
		hash = hash_param(hash, ee_model_param(m, i, EE_W_DOWN));
		m->prints[2 * i + 1] = hash;
	}
	hash = hash_param(hash, ee_model_param(m, 0, EE_W_FINAL));
	m->print = hash_param(hash, ee_model_param(m, 0, EE_W_HEAD));
}
