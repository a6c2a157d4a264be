/* mendrun.c - one of the reference's runs of MEND.  See mendrun.h. */
#include "mendrun.h"

#include <stdlib.h>
#include <string.h>

#include "file/json.h"
#include "file/torch.h"

/* The learned numbers and statistics of an archive, as the slices say. */
static void
load_archive(struct ee_mend *m, const char *path)
{
	const struct ee_value *state, *v;
	struct ee_torch torch;
	struct ee_err err;
	size_t i, n;

	must(ee_torch_open(&torch, path, &err));
	state = ee_get(&torch.root, "model");
	ck_assert_uint_eq(state->n, m->nslices + 1);	/* model_config */
	for (i = 0; i < m->nslices; i++) {
		const struct ee_mend_slice *s = &m->slice[i];
		float *to = (s->running ? m->running : m->learned) + s->at;

		/* the same order, too */
		ck_assert_str_eq(state->u.map[i].key, s->key);
		v = &state->u.map[i].value;
		ck_assert_int_eq(v->type, EE_TENSOR);
		ck_assert_int_eq(v->u.tensor.dtype, EE_F32);
		ck_assert_uint_eq(v->u.tensor.ndim, s->ndim);
		ck_assert_uint_eq(v->u.tensor.shape[0], s->dims[0]);
		if (s->ndim == 2)
			ck_assert_uint_eq(v->u.tensor.shape[1], s->dims[1]);
		ck_assert(ee_tensor_count(&v->u.tensor, &n));
		memcpy(to, v->u.tensor.data, n * sizeof(*to));
	}
	ee_torch_close(&torch);
}

static void
read_requests(struct mendrun *s, const char *path)
{
	const struct ee_value *list;
	struct ee_arena arena = { 0 };
	struct ee_value json;
	struct ee_err err;
	size_t i;

	must(ee_json_read(&arena, path, &json, &err));
	list = ee_get(&json, "requests");
	s->n = list->n;
	ck_assert(s->n <= 4);
	for (i = 0; i < s->n; i++)
		must(ee_said_make(&s->texts[i], s->tok,
			ee_get(&list->u.list[i], "prompt")->u.text,
			ee_get(&list->u.list[i], "target_new")->u.text,
			EE_SAID_EASYEDIT, &s->arena, &err));
	must(ee_said_pad(s->texts, s->n, ee_tokenizer_eos(s->tok), &s->arena,
			 &err));
	ee_arena_free(&arena);
}

void
mendrun_start(struct mendrun *s, const char *name, int number)
{
	struct ee_err err;
	char path[256];

	memset(s, 0, sizeof(*s));
	snprintf(path, sizeof(path), "tests/golden/models/%.*s",
		 (int)strcspn(name, "."), name);
	must(ee_model_open(&s->model, path, &err));
	must(ee_tokenizer_open(&s->tok, path, NULL, &err));
	snprintf(path, sizeof(path), "tests/golden/mend/%s/config.json",
		 name);
	must(ee_mend_params_read(&s->params, path, NULL, &err));
	must(ee_mend_create(&s->m, &s->params, s->model, &err));
	snprintf(path, sizeof(path), "tests/golden/mend/%s/random.archive",
		 name);
	load_archive(s->m, path);
	snprintf(path, sizeof(path), "tests/golden/mend/%s/apply-%d.json",
		 name, number);
	read_requests(s, path);
	snprintf(path, sizeof(path), "tests/golden/mend/%s/apply-%d.npz",
		 name, number);
	golden_open(&s->golden, path);
}

void
mendrun_finish(struct mendrun *s)
{
	ee_arena_free(&s->arena);
	golden_close(&s->golden);
	ee_mend_free(s->m);
	ee_mend_params_free(&s->params);
	ee_tokenizer_close(s->tok);
	ee_model_close(s->model);
}

double
mendrun_gradient(const struct ee_model *model, const struct ee_mend *m,
		 const struct ee_said *texts, size_t n,
		 struct ee_mend_rows *rows)
{
	double *weight = calloc(2 * n, sizeof(*weight)), loss = 0, labels = 0;
	struct ee_mend_pass pass;
	struct ee_err err;
	size_t i;

	for (i = 0; i < n; i++)
		labels += (double)texts[i].nlabels;
	for (i = 0; i < n; i++)
		weight[i] = 1 / labels;
	must(ee_mend_pass_open(&pass, model, m, texts, n, &err));
	must(ee_mend_pass_gradients(&pass, weight, weight + n, &err));
	for (i = 0; i < n; i++)
		loss += weight[n + i] / labels;
	for (i = 0; i < m->nparams; i++) {
		must(ee_mend_rows_make(&rows[i], m, i, ee_mend_pass_rows(&pass,
			i, 0, n, NULL, NULL), &err));
		ee_mend_pass_rows(&pass, i, 0, n, rows[i].x, rows[i].delta);
	}
	ee_mend_pass_close(&pass);
	free(weight);
	return loss;
}

void
mendrun_free_rows(struct ee_mend_rows *rows, const struct ee_mend *m)
{
	size_t i;

	for (i = 0; i < m->nparams; i++)
		ee_mend_rows_free(&rows[i]);
}
