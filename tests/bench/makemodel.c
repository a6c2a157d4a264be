/*
 * makemodel - a GPT-2 folder of a given shape with random weights
 *
 * usage: makemodel LAYERS WIDTH HEADS VOCAB POSITIONS f32|f16 DIR
 *
 * For measuring speed where no pretrained weights are at hand.  Weights are
 * about normal, of deviation 0.02, from a fixed seed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/outfile.h"
#include "file/safetensors.h"
#include "math/convert.h"

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

struct shape {
	size_t layers, d, heads, vocab, positions;
	enum ee_dtype dtype;
};

static struct ee_named *list;
static size_t count;
static struct ee_arena arena;

static void
add(const struct shape *s, const char *name, size_t rows, size_t cols)
{
	list = realloc(list, (count + 1) * sizeof(*list));
	if (list == NULL)
		exit(1);
	list[count].name = name;
	list[count++].tensor = ee_tensor_2d(s->dtype, NULL, rows, cols);
}

static void
add_layer(const struct shape *s, size_t i)
{
	const struct {
		const char *name;
		size_t rows, cols;
	} parts[] = {
		{ "ln_1.weight", s->d, 0 }, { "ln_1.bias", s->d, 0 },
		{ "attn.c_attn.weight", s->d, 3 * s->d },
		{ "attn.c_attn.bias", 3 * s->d, 0 },
		{ "attn.c_proj.weight", s->d, s->d },
		{ "attn.c_proj.bias", s->d, 0 },
		{ "ln_2.weight", s->d, 0 }, { "ln_2.bias", s->d, 0 },
		{ "mlp.c_fc.weight", s->d, 4 * s->d },
		{ "mlp.c_fc.bias", 4 * s->d, 0 },
		{ "mlp.c_proj.weight", 4 * s->d, s->d },
		{ "mlp.c_proj.bias", s->d, 0 },
	};
	size_t k;

	for (k = 0; k < sizeof(parts) / sizeof(parts[0]); k++)
		add(s, ee_arena_printf(&arena, "transformer.h.%zu.%s", i,
				       parts[k].name),
		    parts[k].rows, parts[k].cols);
}

static void
fill(FILE *fp, const struct ee_named *t)
{
	const bool weight = strstr(t->name, ".weight") != NULL;
	const float base = weight && strstr(t->name, "ln_") ? 1.0f : 0.0f;
	float part[4096];
	uint64_t half[4096];
	size_t n, i, k;

	if (!ee_tensor_count(&t->tensor, &n))
		exit(1);
	for (i = 0; i < n; i += 4096) {
		const size_t m = n - i < 4096 ? n - i : 4096;

		for (k = 0; k < m; k++)
			part[k] = base + draw(0.02f);
		ee_from_f32(t->tensor.dtype, part, m, half);
		fwrite(half, ee_dtype_size(t->tensor.dtype), m, fp);
	}
}

static void
write_config(const struct shape *s, const char *dir)
{
	char path[4096];
	FILE *fp;

	snprintf(path, sizeof(path), "%s/config.json", dir);
	fp = fopen(path, "w");
	if (fp == NULL)
		exit(1);
	fprintf(fp, "{\"model_type\": \"gpt2\", \"n_layer\": %zu, "
		"\"n_embd\": %zu, \"n_head\": %zu, \"vocab_size\": %zu, "
		"\"n_positions\": %zu, \"layer_norm_epsilon\": 1e-05, "
		"\"activation_function\": \"gelu_new\"}\n", s->layers, s->d,
		s->heads, s->vocab, s->positions);
	fclose(fp);
}

int
main(int argc, char **argv)
{
	struct shape s;
	struct ee_outfile out;
	struct ee_err err;
	char path[4096];
	size_t i;

	if (argc != 8) {
		fputs("usage: makemodel LAYERS WIDTH HEADS VOCAB POSITIONS "
		      "f32|f16 DIR\n", stderr);
		return 2;
	}
	s = (struct shape){ strtoul(argv[1], NULL, 10),
			    strtoul(argv[2], NULL, 10),
			    strtoul(argv[3], NULL, 10),
			    strtoul(argv[4], NULL, 10),
			    strtoul(argv[5], NULL, 10),
			    strcmp(argv[6], "f16") == 0 ? EE_F16 : EE_F32 };
	if (mkdir(argv[7], 0777) != 0 && errno != EEXIST)
		return 1;
	add(&s, "transformer.wte.weight", s.vocab, s.d);
	add(&s, "transformer.wpe.weight", s.positions, s.d);
	for (i = 0; i < s.layers; i++)
		add_layer(&s, i);
	add(&s, "transformer.ln_f.weight", s.d, 0);
	add(&s, "transformer.ln_f.bias", s.d, 0);
	write_config(&s, argv[7]);
	snprintf(path, sizeof(path), "%s/model.safetensors", argv[7]);
	if (ee_outfile_open(&out, path, &err) != EE_OK ||
	    ee_safetensors_header(out.fp, list, count, NULL, &err) != EE_OK) {
		fprintf(stderr, "makemodel: %s\n", err.text);
		return 1;
	}
	for (i = 0; i < count; i++)
		fill(out.fp, &list[i]);
	if (ee_outfile_commit(&out, &err) != EE_OK) {
		fprintf(stderr, "makemodel: %s\n", err.text);
		return 1;
	}
	return 0;
}
