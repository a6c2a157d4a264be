/*
 * makemodel - random weights for a model folder
 *
 * usage: makemodel f32|f16|bf16 DIR
 *
 * Reads DIR/config.json, of any family, and writes DIR/model.safetensors:
 * for measuring speed and memory where no pretrained weights are at hand.
 * Weights are about normal, of deviation 0.02, from a fixed seed; norms are
 * about 1.  Megabytes are written at a time, as a download is: the page cache
 * then holds the file in large pieces, and to map gigabytes of it takes a
 * thousand page faults and not 50,000.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "file/safetensors.h"
#include "math/convert.h"
#include "model/config.h"

static uint64_t state = 1;

/* The sum of four 16-bit uniforms: mean 0, deviation 'scale'. */
static float
draw(float scale)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
	int32_t sum;

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	sum = (int32_t)(z & 0xffff) + (int32_t)(z >> 16 & 0xffff) +
	      (int32_t)(z >> 32 & 0xffff) + (int32_t)(z >> 48);
	return scale * (float)(sum - 131070) / 37837.2f;
}

struct list {
	struct ee_named *item;
	bool *norm;
	size_t n;
	enum ee_dtype dtype;
	struct ee_arena arena;
};

static void
add(struct list *l, const char *module, const char *part, size_t rows,
    size_t cols, bool norm)
{
	l->item = realloc(l->item, (l->n + 1) * sizeof(*l->item));
	l->norm = realloc(l->norm, (l->n + 1) * sizeof(*l->norm));
	if (l->item == NULL || l->norm == NULL)
		exit(1);
	l->item[l->n].name = ee_arena_printf(&l->arena, "%s.%s", module,
					     part);
	l->item[l->n].tensor = ee_tensor_2d(l->dtype, NULL, rows, cols);
	l->norm[l->n++] = norm;
}

static void
add_module(struct list *l, const struct ee_config *c, const char *name,
	   const struct ee_module *m)
{
	const bool norm = ee_is_norm(m->role);
	const bool turned = c->family->in_major && m->role < EE_LAYER_ROLES;
	size_t out, in;

	if (m->role == EE_W_NONE || (m->role == EE_W_HEAD && c->tied))
		return;
	ee_role_shape(c, m->role, &out, &in);
	if (norm)
		add(l, name, "weight", out, 0, true);
	else
		add(l, name, "weight", turned ? in : out, turned ? out : in,
		    false);
	if (m->bias == EE_BIAS)
		add(l, name, "bias", out, 0, false);
}

static void
add_all(struct list *l, const struct ee_config *c)
{
	const struct ee_module *m;
	char layer[EE_MAX_NAME], *hole;
	size_t i;

	for (m = c->family->whole; m->name != NULL; m++)
		add_module(l, c, m->name, m);
	for (i = 0; i < c->layers; i++) {
		for (m = c->family->modules; m->name != NULL; m++) {
			snprintf(layer, sizeof(layer), "%s", c->family->layer);
			hole = strstr(layer, "%zu");
			snprintf(hole, sizeof(layer) - (size_t)(hole - layer),
				 "%zu.%s", i, m->name);
			add_module(l, c, layer, m);
		}
	}
}

static void
fill(FILE *fp, const struct ee_tensor *t, bool norm)
{
	float part[4096];
	uint64_t half[4096];
	size_t n, i, k;

	if (!ee_tensor_count(t, &n))
		exit(1);
	for (i = 0; i < n; i += 4096) {
		const size_t m = n - i < 4096 ? n - i : 4096;

		for (k = 0; k < m; k++)
			part[k] = (norm ? 1.0f : 0.0f) + draw(0.02f);
		ee_from_f32(t->dtype, part, m, half);
		fwrite(half, ee_dtype_size(t->dtype), m, fp);
	}
}

static enum ee_status
write_model(struct list *l, const char *dir, struct ee_err *err)
{
	static char buffer[4 << 20];
	struct ee_outfile out;
	char path[4096];
	enum ee_status status;
	size_t i;

	snprintf(path, sizeof(path), "%s/model.safetensors", dir);
	status = ee_outfile_open(&out, path, err);
	if (status != EE_OK)
		return status;
	setvbuf(out.fp, buffer, _IOFBF, sizeof(buffer));
	status = ee_safetensors_header(out.fp, l->item, l->n, NULL, err);
	if (status != EE_OK) {
		ee_outfile_abort(&out);
		return status;
	}
	for (i = 0; i < l->n; i++)
		fill(out.fp, &l->item[i].tensor, l->norm[i]);
	return ee_outfile_commit(&out, err);
}

int
main(int argc, char **argv)
{
	struct list list = { .dtype = EE_F32 };
	struct ee_config config;
	struct ee_err err;

	if (argc != 3 || strcspn(argv[1], "fb") != 0) {
		fputs("usage: makemodel f32|f16|bf16 DIR\n", stderr);
		return 2;
	}
	if (strcmp(argv[1], "f32") != 0)
		list.dtype = argv[1][0] == 'b' ? EE_BF16 : EE_F16;
	if (ee_config_read(&config, argv[2], &err) == EE_OK) {
		add_all(&list, &config);
		if (write_model(&list, argv[2], &err) == EE_OK)
			return 0;
	}
	fprintf(stderr, "makemodel: %s\n", err.text);
	return 1;
}
