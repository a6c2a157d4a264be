/*
 * test_mendarchive.c - archives of hypernetworks: those that EasyEdit and the
 * original MEND wrote (tests/golden/mend), ours, and what is none.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edit/mendarchive.h"
#include "file/torch.h"
#include "file/torch_write.h"
#include "golden.h"
#include "scratch.h"

#define MEND "tests/golden/mend/"

static const char *const path = scratch_path, *const old_path = scratch_old;
static struct ee_err err;

/* A hypernetwork as a YAML wants it, for one of the small models. */
struct fixture {
	struct ee_mend_params params;
	struct ee_model *model;
	struct ee_mend *m;
};

/* "tiny-gpt2.default": the model, and what follows. */
static void
open_case(struct fixture *f, const char *name)
{
	char file[128];

	snprintf(file, sizeof(file), "tests/golden/models/%.*s",
		 (int)strcspn(name, "."), name);
	must(ee_model_open(&f->model, file, &err));
	snprintf(file, sizeof(file), MEND "%s/config.json", name);
	must(ee_mend_params_read(&f->params, file, NULL, &err));
	must(ee_mend_create(&f->m, &f->params, f->model, &err));
}

static void
close_case(struct fixture *f)
{
	ee_mend_free(f->m);
	ee_mend_params_free(&f->params);
	ee_model_close(f->model);
}

/* The hypernetwork laid out anew, with params as they are now. */
static void
remake(struct fixture *f)
{
	ee_mend_free(f->m);
	must(ee_mend_create(&f->m, &f->params, f->model, &err));
}

/* To the bit what the archive holds, read here tensor by tensor. */
static void
check_holds(const struct ee_mend *m, const char *archive)
{
	const struct ee_value *model;
	struct ee_torch t;
	size_t i;

	must(ee_torch_open(&t, archive, &err));
	model = ee_get(&t.root, "model");
	ck_assert_uint_eq(model->n, m->nslices + 1);
	for (i = 0; i < m->nslices; i++) {
		const struct ee_mend_slice *s = &m->slice[i];
		const struct ee_pair *p = &model->u.map[i];
		const char *key = p->key;

		ck_assert(strcmp(key, s->key) == 0 ||
			  (strncmp(key, "gtn.", 4) == 0 &&
			   strcmp(key + 4, s->key + 5) == 0));
		ck_assert_uint_eq(p->value.u.tensor.ndim, s->ndim);
		ck_assert_mem_eq(p->value.u.tensor.shape, s->dims,
				 s->ndim * sizeof(size_t));
		ck_assert_mem_eq(p->value.u.tensor.data, s->data,
				 s->dims[0] * s->dims[1] * sizeof(float));
	}
	ee_torch_close(&t);
}

/* What EasyEdit and the original wrote, in the order of our table. */
START_TEST(theirs_load)
{
	static const struct {
		const char *name, *file;
	} cases[] = {
		{ "tiny-gpt2.default", "random.archive" },
		{ "tiny-gpt2.deltaonly", "random.archive" },
		{ "tiny-gpt2.nonorm-deep", "random.archive" },
		{ "tiny-gpt2.onesided", "random.archive" },
		{ "tiny-gpt2.twonets", "random.archive" },
		{ "tiny-gpt2.unshared", "random.archive" },
		{ "tiny-gpt2.xavier", "random.archive" },
		{ "tiny-gpt2.xonly", "random.archive" },
		{ "tiny-gptj.default", "random.archive" },
		{ "tiny-llama.default", "random.archive" },
		{ "tiny-gpt2.default", "original.archive" },
		{ "tiny-gpt2.default", "original-gtn-legacyzip.archive" },
		{ "tiny-gpt2.train", "final.archive" },
		{ "tiny-llama.train", "final.archive" },
	};
	struct fixture f;
	char file[128];

	open_case(&f, cases[_i].name);
	snprintf(file, sizeof(file), MEND "%s/%s", cases[_i].name,
		 cases[_i].file);
	must(ee_mend_load(f.m, file, f.model, NULL, false, NULL, &err));
	check_holds(f.m, file);
	ck_assert(ee_mend_is_trained(f.m));
	close_case(&f);
}
END_TEST

/* The tensors as numpy saved them. */
START_TEST(theirs_as_arrays)
{
	struct fixture f;
	struct golden g;
	size_t i;

	open_case(&f, "tiny-gpt2.default");
	must(ee_mend_load(f.m, MEND "tiny-gpt2.default/random.archive",
			  f.model, NULL, false, NULL, &err));
	golden_open(&g, MEND "tiny-gpt2.default/random.archive.npz");
	ck_assert_uint_eq(g.npz.n, f.m->nslices);
	for (i = 0; i < f.m->nslices; i++) {
		const struct ee_mend_slice *s = &f.m->slice[i];
		const struct ee_tensor t = golden_get(&g, "%s", s->key);

		ck_assert_mem_eq(t.data, s->data, s->dims[0] *
				 s->dims[1] * sizeof(float));
	}
	golden_close(&g);
	close_case(&f);
}
END_TEST

static void
room(const struct fixture *f, struct ee_mend_optim *o)
{
	o->m = ee_floats(f->m->nlearned, &err);
	o->v = ee_floats(f->m->nlearned, &err);
	ck_assert(o->m != NULL && o->v != NULL);
}

static void
free_progress(struct ee_mend_progress *p)
{
	free(p->optim.m);
	free(p->optim.v);
	ee_mend_progress_free(p);
}

/* torch's numbering: edit_lrs are the last of 21. */
static void
check_moment(const struct ee_value *opt, const char *index,
	     const struct ee_mend_slice *s, const char *what,
	     const float *block)
{
	const struct ee_value *v = ee_get(ee_get(ee_get(opt, "state"), index),
					  what);

	ck_assert_msg(v != NULL && v->type == EE_TENSOR, "%s %s", index,
		      what);
	ck_assert_mem_eq(v->u.tensor.data, block + s->at,
			 s->dims[0] * s->dims[1] * sizeof(float));
}

START_TEST(their_training_goes_on)
{
	struct ee_mend_progress p = { .optim = { .kind = EE_OPTIM_ADAM } };
	const struct ee_value *opt;
	struct fixture f;
	struct ee_torch t;
	double loss = 0;

	open_case(&f, "tiny-gpt2.train");
	room(&f, &p.optim);
	must(ee_mend_load(f.m, MEND "tiny-gpt2.train/final.archive", f.model,
			  &p, false, NULL, &err));
	ck_assert_int_eq(p.step, 30);
	ck_assert_uint_eq(p.optim.step, 30);
	ck_assert_double_eq(p.optim.lr, 0.001);
	ck_assert_double_eq(p.optim.lr_lr, 0.01);
	ck_assert(!p.optim.apart);
	ck_assert_double_eq(p.elapsed, 2.773215);
	ck_assert_str_eq(p.start_time, "21/11/2026-18:10:18/664087");
	ck_assert_uint_eq(p.train.n, 0);
	must(ee_get_real(&p.val_stats, "loss/total_edit_val", 0, 9, &loss,
			 "it", &err));
	ck_assert_double_eq_tol(loss, 0.6007490754, 1e-9);
	must(ee_torch_open(&t, MEND "tiny-gpt2.train/final.archive", &err));
	opt = ee_get(&t.root, "opt");
	ck_assert_str_eq(f.m->slice[8].key, "mend.(144, 36).mlp.layers.0.u");
	check_moment(opt, "0", &f.m->slice[8], "exp_avg", p.optim.m);
	check_moment(opt, "0", &f.m->slice[8], "exp_avg_sq", p.optim.v);
	check_moment(opt, "19", &f.m->slice[34], "exp_avg", p.optim.m);
	check_moment(opt, "20", &f.m->slice[0], "exp_avg", p.optim.m);
	check_moment(opt, "20", &f.m->slice[0], "exp_avg_sq", p.optim.v);
	ee_torch_close(&t);
	free_progress(&p);
	close_case(&f);
}
END_TEST

/* Before the first step there are no statistics: to train on, not to edit. */
START_TEST(untrained)
{
	static const char file[] = MEND "tiny-gpt2.train/init.archive";
	struct ee_mend_progress p = { .optim = { .kind = EE_OPTIM_ADAMW } };
	struct fixture f;
	size_t i;

	open_case(&f, "tiny-gpt2.train");
	ck_assert_int_eq(ee_mend_load(f.m, file, f.model, NULL, false, NULL,
				      &err), EE_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.text, "u_mean' is nan: the running "
				     "statistics of a hypernetwork that was "
				     "not trained yet"));
	room(&f, &p.optim);
	must(ee_mend_load(f.m, file, f.model, &p, false, NULL, &err));
	ck_assert(!ee_mend_is_trained(f.m));
	ck_assert_uint_eq(p.optim.step, 0);
	for (i = 0; i < f.m->nlearned; i++)
		ck_assert(p.optim.m[i] == 0 && p.optim.v[i] == 0);
	check_holds(f.m, file);
	free_progress(&p);
	f.params.net.norm = false;
	remake(&f);
	must(ee_mend_load(f.m, file, f.model, NULL, false, NULL, &err));
	close_case(&f);
}
END_TEST

static void
fill(float *x, size_t n, float from)
{
	size_t i;

	for (i = 0; i < n; i++)
		x[i] = from + (float)i / 1024;
}

/* A hypernetwork that has been trained for seven steps, so to say. */
static void
train(struct fixture *f, struct ee_mend_progress *p, struct ee_arena *arena)
{
	room(f, &p->optim);
	fill(f->m->learned, f->m->nlearned, -3);
	fill(f->m->running, f->m->nrunning, 2);
	fill(p->optim.m, f->m->nlearned, -1);
	fill(p->optim.v, f->m->nlearned, 1);
	p->optim.lr = 0.25;
	p->optim.lr_lr = 0.75;
	p->optim.step = 7;
	p->step = 70;
	p->elapsed = 12.5;
	p->start_time = "now";
	p->val_stats = ee_map();
	ee_put(arena, &p->val_stats, "edit/acc_val", ee_real(0.5));
	p->train = ee_map();
	ee_put(arena, &p->train, "best", ee_real(0.125));
	ee_put(arena, &p->train, "order", ee_list());
	ee_add(arena, &p->train.u.map[1].value, ee_int(4));
}

static void
same_blocks(const float *a, const float *b, size_t n)
{
	ck_assert_mem_eq(a, b, n * sizeof(*a));
}

/* Written, and read again into one that is new. */
START_TEST(ours_load)
{
	static const struct {
		enum ee_optim kind;
		bool apart;
	} cases[] = {
		{ EE_OPTIM_ADAM, false }, { EE_OPTIM_ADAM, true },
		{ EE_OPTIM_ADAMW, true }, { EE_OPTIM_SGD, false },
	};
	const bool sgd = cases[_i].kind == EE_OPTIM_SGD;
	const struct ee_mend_optim optim = { .kind = cases[_i].kind,
					     .apart = cases[_i].apart };
	struct ee_mend_progress p = { .optim = optim };
	struct ee_mend_progress q = { .optim = { .kind = cases[_i].kind } };
	struct ee_arena arena = { 0 };
	struct fixture f, g;
	double best = 0;

	open_case(&f, _i == 0 ? "tiny-gpt2.unshared" : "tiny-llama.default");
	open_case(&g, _i == 0 ? "tiny-gpt2.unshared" : "tiny-llama.default");
	train(&f, &p, &arena);
	must(ee_mend_save(f.m, path, f.model, &p, true, "test 1", &err));
	room(&g, &q.optim);
	must(ee_mend_load(g.m, path, g.model, &q, false, NULL, &err));
	same_blocks(f.m->learned, g.m->learned, f.m->nlearned);
	same_blocks(f.m->running, g.m->running, f.m->nrunning);
	if (!sgd) {
		same_blocks(p.optim.m, q.optim.m, f.m->nlearned);
		same_blocks(p.optim.v, q.optim.v, f.m->nlearned);
		ck_assert_uint_eq(q.optim.step, 7);
		ck_assert(q.optim.apart == cases[_i].apart);
	}
	ck_assert_double_eq(q.optim.lr, 0.25);
	ck_assert_double_eq(q.optim.lr_lr, 0.75);
	ck_assert_int_eq(q.step, 70);
	ck_assert_double_eq(q.elapsed, 12.5);
	ck_assert_str_eq(q.start_time, "now");
	ck_assert_uint_eq(q.val_stats.n, 1);
	must(ee_get_real(&q.train, "best", 0, 1, &best, "it", &err));
	ck_assert_double_eq(best, 0.125);
	ck_assert_int_eq(ee_get(&q.train, "order")->u.list[0].u.integer, 4);
	/* another optimiser's is refused */
	q.optim.kind = cases[_i].kind == EE_OPTIM_ADAM ? EE_OPTIM_SGD
						      : EE_OPTIM_ADAM;
	ee_arena_free(&q.arena);
	ck_assert_int_eq(ee_mend_load(g.m, path, g.model, &q, false, NULL,
				      &err), EE_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.text, "is the state of "));
	/* and the one before is kept, if it is to be */
	must(ee_mend_save(f.m, path, f.model, &p, false, "test 1", &err));
	ck_assert_int_ne(access(old_path, R_OK), 0);
	p.step = 71;
	must(ee_mend_save(f.m, path, f.model, &p, true, "test 1", &err));
	q.optim.kind = cases[_i].kind;
	ee_arena_free(&q.arena);
	must(ee_mend_load(g.m, old_path, g.model, &q, false, NULL, &err));
	ck_assert_int_eq(q.step, 70);
	free_progress(&p);
	free_progress(&q);
	ee_arena_free(&arena);
	close_case(&f);
	close_case(&g);
}
END_TEST

/* Keys and order of ours are those of EasyEdit's, at every level. */
START_TEST(keys_are_theirs)
{
	struct ee_mend_progress p = { .optim = { .kind = EE_OPTIM_ADAM } };
	struct ee_torch ours, theirs;
	struct ee_arena arena = { 0 };
	const struct ee_value *a, *b;
	struct fixture f;
	size_t i;

	open_case(&f, "tiny-gpt2.train");
	train(&f, &p, &arena);
	must(ee_mend_save(f.m, path, f.model, &p, true, "test 1", &err));
	must(ee_torch_open(&ours, path, &err));
	must(ee_torch_open(&theirs, MEND "tiny-gpt2.train/final.archive",
			   &err));
	ck_assert_uint_eq(ours.foreign.n, 0);
	ck_assert_uint_eq(ours.root.n, theirs.root.n + 1);
	for (i = 0; i < theirs.root.n; i++)
		ck_assert_str_eq(ours.root.u.map[i].key,
				 theirs.root.u.map[i].key);
	ck_assert_str_eq(ours.root.u.map[i].key, "ee");
	a = ee_get(&ours.root, "model");
	b = ee_get(&theirs.root, "model");
	ck_assert_int_eq(a->form, b->form);
	ck_assert_uint_eq(a->n, b->n);
	for (i = 0; i < a->n; i++)
		ck_assert_str_eq(a->u.map[i].key, b->u.map[i].key);
	a = ee_get(ee_get(&ours.root, "opt"), "state");
	b = ee_get(ee_get(&theirs.root, "opt"), "state");
	ck_assert_int_eq(a->form, b->form);
	ck_assert_uint_eq(a->n, b->n);
	for (i = 0; i < a->n; i++) {
		ck_assert_str_eq(a->u.map[i].key, b->u.map[i].key);
		ck_assert_uint_eq(a->u.map[i].value.n, 3);
		ck_assert_str_eq(a->u.map[i].value.u.map[0].key, "step");
		ck_assert_uint_eq(
			a->u.map[i].value.u.map[0].value.u.tensor.ndim, 0);
	}
	a = &ee_get(ee_get(&ours.root, "opt"), "param_groups")->u.list[0];
	b = &ee_get(ee_get(&theirs.root, "opt"), "param_groups")->u.list[0];
	ck_assert_uint_eq(a->n, b->n);
	for (i = 0; i < b->n; i++) {
		const struct ee_value *v = ee_get(a, b->u.map[i].key);

		ck_assert_msg(v != NULL && v->form ==
			      b->u.map[i].value.form, "%s",
			      b->u.map[i].key);
	}
	ee_torch_close(&ours);
	ee_torch_close(&theirs);
	free_progress(&p);
	ee_arena_free(&arena);
	close_case(&f);
}
END_TEST

/* It fails, and m is as before. */
static void
refuses(struct fixture *f, const char *file, enum ee_status want,
	const char *says)
{
	float *old = ee_floats(f->m->nlearned, &err);
	enum ee_status status;

	ck_assert_ptr_nonnull(old);
	memcpy(old, f->m->learned, f->m->nlearned * sizeof(*old));
	status = ee_mend_load(f->m, file, f->model, NULL, false, NULL, &err);
	ck_assert_msg(status == want && strstr(err.text, says) != NULL &&
		      strncmp(err.text, file, strlen(file)) == 0, "%d %s",
		      (int)status, err.text);
	ck_assert_mem_eq(old, f->m->learned, f->m->nlearned * sizeof(*old));
	free(old);
}

START_TEST(another_shape)
{
	static const char file[] = MEND "tiny-gpt2.default/random.archive";
	struct fixture f;

	open_case(&f, "tiny-gpt2.default");
	f.params.net.rank = 12;
	remake(&f);
	refuses(&f, file, EE_EMATCH, "'mend.(144, 36).mlp.layers.0.u': shape "
		"(180, 24), want (180, 12)");
	f.params.net.rank = 24;
	f.params.net.n_hidden = 0;
	remake(&f);
	refuses(&f, file, EE_EMATCH, "has 'mend.(144, 36).mlp.layers.1.u', "
		"for which there is no place");
	f.params.net.n_hidden = 2;
	remake(&f);
	refuses(&f, file, EE_EMATCH, "'mend.(144, 36).mlp.layers.2.u' is "
		"missing");
	f.params.net.n_hidden = 1;
	f.params.net.shared = false;
	remake(&f);
	refuses(&f, file, EE_EMATCH, "'mend.transformer#h#2#mlp#c_proj#"
		"weight.u_mean' is missing");
	f.params.net.shared = true;
	f.params.net.combine = false;
	remake(&f);
	refuses(&f, file, EE_EMATCH, "mlp1.layers.0.u' is missing");
	f.params.net.combine = true;
	f.params.ninner = 3;
	remake(&f);
	refuses(&f, file, EE_EMATCH, "'edit_lrs': shape (4,), want (3,)");
	f.params.ninner = 4;
	remake(&f);
	refuses(&f, MEND "tiny-gptj.default/random.archive", EE_EMATCH,
		"another model: a gptj, this one is a gpt2");
	close_case(&f);
}
END_TEST

/* Ours say what they were made for. */
START_TEST(another_purpose)
{
	struct ee_mend_progress p = { .optim = { .kind = EE_OPTIM_SGD } };
	struct ee_arena arena = { 0 };
	const char *first;
	struct fixture f;

	open_case(&f, "tiny-gpt2.default");
	train(&f, &p, &arena);
	must(ee_mend_save(f.m, path, f.model, &p, true, "test 1", &err));
	first = f.params.inner[0];
	f.params.inner[0] = f.params.inner[2];
	f.params.inner[2] = first;
	remake(&f);
	refuses(&f, path, EE_EMATCH, "inner_params: number 1 is 'transformer."
		"h.2.mlp.c_proj.weight' there and 'transformer.h.3.");
	f.params.inner[2] = f.params.inner[0];
	f.params.inner[0] = first;
	f.params.net.norm = false;
	remake(&f);
	refuses(&f, path, EE_EMATCH, "trained with another 'norm'");
	f.params.net.norm = true;
	f.params.net.init = EE_INIT_XAVIER;
	remake(&f);
	refuses(&f, path, EE_EMATCH, "trained with another 'init'");
	f.params.net.init = EE_INIT_ID;
	remake(&f);
	/* other weights of the same shape */
	f.model->print++;
	f.model->file_print++;
	refuses(&f, path, EE_EMATCH, "another model: its fingerprint");
	must(ee_mend_load(f.m, path, f.model, NULL, true, NULL, &err));
	free_progress(&p);
	ee_arena_free(&arena);
	close_case(&f);
}
END_TEST

/* A dict of one dict of one tensor. */
static void
write_dicts(const char *outer, const char *inner)
{
	static const float one[1] = { 1 };
	struct ee_arena arena = { 0 };
	struct ee_value v = ee_map(), in = ee_map();

	ee_put(&arena, &in, inner, ee_tensor(ee_tensor_2d(EE_F32, one, 1,
							  0)));
	ee_put(&arena, &v, outer, in);
	must(ee_torch_write(path, &v, NULL, &err));
	ee_arena_free(&arena);
}

START_TEST(another_kind)
{
	struct fixture f;

	open_case(&f, "tiny-gpt2.default");
	refuses(&f, "tests/golden/models/variants/tiny-llama-gqa-bin/"
		"pytorch_model.bin", EE_EINPUT, "is a state dict of weights "
		"('model.embed_tokens.weight', ...), not an archive of MEND");
	refuses(&f, "tests/golden/torch/tensor.pt", EE_EINPUT,
		"holds a tensor, not an archive of MEND");
	refuses(&f, "tests/golden/torch/training.pt", EE_EINPUT,
		"its 'model' has 'w', but no 'edit_lrs'");
	refuses(&f, "tests/golden/torch/views.npz", EE_EFORMAT,
		"not what torch.save writes");
	refuses(&f, "tests/golden/torch/none", EE_EIO, "No such file");
	refuses(&f, scratch_dir, EE_EIO, "is a directory");
	write_dicts("model", "replacement.weight");
	refuses(&f, path, EE_EINPUT, "an archive of SERAC, not of MEND");
	write_dicts("model", "model.wte.weight");
	refuses(&f, path, EE_EINPUT, "an archive of a whole model");
	write_dicts("weights", "w");
	refuses(&f, path, EE_EINPUT, "has no 'model' with tensors in it");
	close_case(&f);
}
END_TEST

/* A copy of an archive with one number, of the state dict or of an optimiser,
 * made another: the value at 'at' of the tensor 'key' of map 'of'. */
static void
write_changed(const char *file, const char *of, const char *key, float x)
{
	const struct ee_value *map;
	struct ee_torch t;
	size_t i;

	must(ee_torch_open(&t, file, &err));
	map = ee_get(&t.root, of);
	if (strcmp(of, "opt") == 0)
		map = ee_get(ee_get(map, "state"), "3");
	for (i = 0; i < map->n; i++) {
		struct ee_pair *p = &map->u.map[i];
		float *copy;
		size_t bytes = 0;

		if (strcmp(p->key, key) != 0)
			continue;
		ck_assert(ee_tensor_bytes(&p->value.u.tensor, &bytes));
		copy = ee_arena_alloc(&t.arena, bytes, 64);
		memcpy(copy, p->value.u.tensor.data, bytes);
		copy[bytes / sizeof(float) - 1] = x;
		p->value.u.tensor.data = copy;
	}
	must(ee_torch_write(path, &t.root, NULL, &err));
	ee_torch_close(&t);
}

START_TEST(not_finite)
{
	static const char file[] = MEND "tiny-gpt2.train/final.archive";
	struct ee_mend_progress p = { .optim = { .kind = EE_OPTIM_ADAM } };
	struct fixture f;

	open_case(&f, "tiny-gpt2.train");
	write_changed(file, "model", "edit_lrs", NAN);
	refuses(&f, path, EE_EMATH, "'edit_lrs': number 3 is nan");
	write_changed(file, "model", "mend.(36, 144).mlp.layers.1.bias",
		      HUGE_VALF);
	refuses(&f, path, EE_EMATH, ".bias': number 179 is inf");
	write_changed(file, "model", "mend.(36, 144).k", NAN);
	refuses(&f, path, EE_EINPUT, ".k' is nan: the running");
	room(&f, &p.optim);
	write_changed(file, "opt", "exp_avg_sq", -1);
	ck_assert_int_eq(ee_mend_load(f.m, path, f.model, &p, false, NULL,
				      &err), EE_EMATH);
	ck_assert_ptr_nonnull(strstr(err.text, "exp_avg_sq of mend.(144, 36)."
				     "mlp.layers.0.mode_shift.weight: number "
				     "359 is negative"));
	write_changed(file, "opt", "step", 29);
	ck_assert_int_eq(ee_mend_load(f.m, path, f.model, &p, false, NULL,
				      &err), EE_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.text, "at step 29"));
	free_progress(&p);
	close_case(&f);
}
END_TEST

/* Where a tensor's numbers lie in its file. */
static size_t
offset(const struct ee_torch *t, const struct ee_value *v)
{
	ck_assert_ptr_nonnull(v);
	return (size_t)((const unsigned char *)v->u.tensor.data -
			t->zip.file.data);
}

/* 'file' to 'path' with the last bit of the byte 'at' changed */
static void
write_damaged(const char *file, size_t at)
{
	struct ee_mapped map;
	FILE *fp = fopen(path, "wb");

	ck_assert_ptr_nonnull(fp);
	must(ee_map_file(&map, file, &err));
	ck_assert_uint_eq(fwrite(map.data, 1, map.size, fp), map.size);
	ck_assert_int_eq(fseek(fp, (long)at, SEEK_SET), 0);
	ck_assert_int_ge(fputc(map.data[at] ^ 1, fp), 0);
	ck_assert_int_eq(fclose(fp), 0);
	ee_unmap_file(&map);
}

/* A byte changed in a storage: the checksum tells, if the storage is used:
 * an edit needs no optimiser. */
START_TEST(damaged)
{
	static const char file[] = MEND "tiny-gpt2.train/final.archive";
	struct ee_mend_progress p = { .optim = { .kind = EE_OPTIM_ADAM } };
	const struct ee_value *step;
	struct fixture f;
	struct ee_torch t;
	size_t at[3];
	int i;

	open_case(&f, "tiny-gpt2.train");
	must(ee_torch_open(&t, file, &err));
	step = ee_get(ee_get(ee_get(&t.root, "opt"), "state"), "0");
	at[0] = offset(&t, ee_get(step, "exp_avg"));
	step = ee_get(&t.root, "model");
	at[1] = offset(&t, ee_get(step, "mend.(36, 144).mlp.layers.1.u"));
	at[2] = offset(&t, ee_get(step, "mend.(36, 144).u_std"));
	ee_torch_close(&t);
	for (i = 0; i < 3; i++) {
		write_damaged(file, at[i]);
		if (i == 0)
			must(ee_mend_load(f.m, path, f.model, NULL, false,
					  NULL, &err));
		else
			refuses(&f, path, EE_EFORMAT,
				"the CRC-32 does not fit");
		ck_assert_int_eq(ee_mend_load(f.m, path, f.model, &p, false,
					      NULL, &err), EE_EFORMAT);
		ee_mend_progress_free(&p);
	}
	ck_assert_int_eq(truncate(path, (off_t)at[1]), 0);
	refuses(&f, path, EE_ETRUNC, "cut short");
	close_case(&f);
}
END_TEST

Suite *suite_mendarchive(void);

Suite *
suite_mendarchive(void)
{
	Suite *s = suite_create("mendarchive");
	TCase *t = tcase_create("mendarchive");

	tcase_add_checked_fixture(t, scratch_make, scratch_remove);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, theirs_load, 0, 14);
	tcase_add_test(t, theirs_as_arrays);
	tcase_add_test(t, their_training_goes_on);
	tcase_add_test(t, untrained);
	tcase_add_loop_test(t, ours_load, 0, 4);
	tcase_add_test(t, keys_are_theirs);
	tcase_add_test(t, another_shape);
	tcase_add_test(t, another_purpose);
	tcase_add_test(t, another_kind);
	tcase_add_test(t, not_finite);
	tcase_add_test(t, damaged);
	suite_add_tcase(s, t);
	return s;
}
