/* mendparams.c - hyper-parameters of MEND.  See mendparams.h. */
#include "edit/mendparams.h"

#include <string.h>

#include "base/try.h"
#include "edit/keys.h"
#include "file/yaml.h"

static enum ee_status
read_inner(void *into, const struct ee_keys_source *s,
	   const struct ee_value *v)
{
	static const char want[] = "a list of names of weights";
	struct ee_mend_params *p = into;
	size_t i, j;

	if (v->type != EE_LIST || v->n == 0 || v->n > EE_MAX_INNER_PARAMS)
		return ee_key_wrong(s, v, "inner_params", want);
	for (i = 0; i < v->n; i++) {
		if (v->u.list[i].type != EE_TEXT)
			return ee_key_wrong(s, v, "inner_params", want);
		p->inner[i] = v->u.list[i].u.text;
		for (j = 0; j < i; j++)
			if (strcmp(p->inner[i], p->inner[j]) == 0)
				return ee_key_wrong(s, v, "inner_params",
						    "each weight once");
	}
	p->ninner = v->n;
	return EE_OK;
}

static enum ee_status
read_init(void *into, const struct ee_keys_source *s,
	  const struct ee_value *v)
{
	static const char *const names[] = { "id", "xavier" };
	struct ee_mend_params *p = into;
	unsigned i;

	TRY(ee_key_choice(s, v, "init", names, 2, &i));
	p->net.init = (enum ee_mend_init)i;
	return EE_OK;
}

static enum ee_status
read_opt(void *into, const struct ee_keys_source *s, const struct ee_value *v)
{
	struct ee_mend_params *p = into;
	unsigned i;

	TRY(ee_key_choice(s, v, "opt", ee_optim_names, EE_OPTIMS, &i));
	p->opt = (enum ee_optim)i;
	return EE_OK;
}

static enum ee_status
read_outer(void *into, const struct ee_keys_source *s,
	   const struct ee_value *v)
{
	static const char *const names[] = { "rephrase", "edit" };
	struct ee_mend_params *p = into;
	unsigned i;

	TRY(ee_key_choice(s, v, "outer", names, 2, &i));
	p->outer = (enum ee_mend_outer)i;
	return EE_OK;
}

#define AT(member) offsetof(struct ee_mend_params, member)
#define TEXT(key, member, needed) \
	{ key, EE_KEY_TEXT, AT(member), 0, 0, needed, NULL }
#define REAL(key, member) { key, EE_KEY_REAL, AT(member), 0, 1e12, false, NULL }
#define INT(key, member, min) \
	{ key, EE_KEY_INT, AT(member), min, 1e12, false, NULL }
#define LOGIC(key, member) \
	{ key, EE_KEY_LOGIC, AT(member), 0, 0, false, NULL }
#define OWN(key, needed, read) { key, EE_KEY_OWN, 0, 0, 0, needed, read }
#define PASS(key) { key, EE_KEY_PASS, 0, 0, 0, false, NULL }

static const struct ee_key keys[] = {
	TEXT("alg", alg, false),
	TEXT("alg_name", alg, false),
	TEXT("model_name", model_name, false),
	TEXT("archive", archive, false),
	OWN("inner_params", true, read_inner),
	LOGIC("combine", net.combine),
	LOGIC("one_sided", net.one_sided),
	LOGIC("x_only", net.x_only),
	LOGIC("delta_only", net.delta_only),
	LOGIC("norm", net.norm),
	LOGIC("shared", net.shared),
	{ "n_hidden", EE_KEY_INT, AT(net.n_hidden), 0, 64, false, NULL },
	INT("rank", net.rank, 1),
	OWN("init", false, read_init),
	REAL("lr", lr),
	{ "edit_lr", EE_KEY_REAL, AT(edit_lr), -1e6, 1e6, false, NULL },
	REAL("lr_lr", lr_lr),
	INT("seed", seed, 0),
	REAL("cedit", cedit),
	REAL("cloc", cloc),
	REAL("dropout", dropout),
	OWN("outer", false, read_outer),
	OWN("opt", false, read_opt),
	REAL("grad_clip", grad_clip),
	INT("batch_size", batch_size, 1),
	INT("accumulate_bs", accumulate, 1),
	INT("max_iters", max_iters, 1),
	INT("max_epochs", max_epochs, 1),
	INT("max_length", max_length, 2),
	INT("log_interval", log_interval, 1),
	INT("eval_log_interval", eval_log_interval, 1),
	INT("val_interval", val_interval, 1),
	INT("val_steps", val_steps, 0),
	INT("val_batch_size", val_batch_size, 1),
	INT("early_stop_patience", early_stop_patience, 0),
	TEXT("early_stop_key", early_stop_key, false),
	LOGIC("eval_only", eval_only),
	LOGIC("final_eval", final_eval),
	TEXT("results_dir", results_dir, false),
	INT("model_save_pt", model_save_pt, 1),
	/* looked at by check_method */
	PASS("train_base"),
	PASS("mlp_class"),
	PASS("act"),
	PASS("hidden_dim"),
	PASS("no_grad_layers"),
	PASS("lr_scale"),
	/* where and how the reference runs; read by none of its methods */
	PASS("model_class"),
	PASS("tokenizer_class"),
	PASS("tokenizer_name"),
	PASS("model_parallel"),
	PASS("device"),
	PASS("half"),
	PASS("debug"),
	PASS("save"),
	PASS("silent"),
	PASS("verbose"),
	PASS("cbase"),
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static void
set_defaults(struct ee_mend_params *p)
{
	p->alg = "MEND";
	p->net = (struct ee_mend_net_params){
		.combine = true, .norm = true, .shared = true, .n_hidden = 1,
		.rank = 1920, .init = EE_INIT_ID,
	};
	p->lr = 1e-6;
	p->edit_lr = p->lr_lr = 1e-4;
	p->seed = 42;
	p->cedit = 0.1;
	p->cloc = 1;
	p->outer = EE_OUTER_UNSAID;
	p->opt = EE_OPTIM_ADAM;
	p->grad_clip = 100;
	p->batch_size = 1;
	p->accumulate = 10;
	p->max_iters = 100000;
	p->max_epochs = -1;
	p->max_length = 40;
	p->log_interval = p->eval_log_interval = p->val_interval = 1000;
	p->val_steps = 500;
	p->val_batch_size = 5;
	p->early_stop_patience = 20000;
	p->early_stop_key = "loss/total_edit_val";
	p->final_eval = true;
	p->model_save_pt = 5000;
}

/* A key that is there and neither null nor false, "", or 'plain'. */
static const struct ee_value *
says(const struct ee_keys_source *s, const char *key, const char *plain,
     double number)
{
	const struct ee_value *v = ee_get(s->map, key);

	if (v == NULL || v->type == EE_NULL)
		return NULL;
	switch (v->type) {
	case EE_LOGIC: return v->u.logic ? v : NULL;
	case EE_TEXT: return strcmp(v->u.text, plain) == 0 ? NULL : v;
	case EE_INT: return (double)v->u.integer < number ||
			    (double)v->u.integer > number ? v : NULL;
	case EE_REAL: return v->u.real < number || v->u.real > number ? v
								     : NULL;
	default: return v;
	}
}

/* What the reference can do and we do not, and what contradicts itself. */
static enum ee_status
check_method(const struct ee_mend_params *p, const struct ee_keys_source *s,
	     const struct ee_warn *warn)
{
	static const struct {
		const char *key, *plain;
		double number;
	} idle[] = { { "act", "relu", 0 }, { "hidden_dim", "", 0 },
		     { "no_grad_layers", "", 0 }, { "lr_scale", "", 1 } };
	const struct ee_mend_net_params *n = &p->net;
	const struct ee_value *v;
	size_t i;

	if (strcmp(p->alg, "MEND") != 0)
		return ee_fail(s->err, EE_EINPUT, "%s: hyper-parameters of "
			       "%s, not of MEND", s->path, p->alg);
	v = says(s, "train_base", "", 0);
	if (v != NULL)
		return ee_fail(s->err, EE_EINPUT, "%s:%u: 'train_base': only "
			       "the hypernetwork is trained here", s->path,
			       v->line);
	v = says(s, "mlp_class", "IDMLP", 0);
	if (v != NULL)
		return ee_fail(s->err, EE_EINPUT, "%s:%u: 'mlp_class': only "
			       "IDMLP is known", s->path, v->line);
	if (n->combine && (n->one_sided || n->x_only || n->delta_only))
		return ee_fail(s->err, EE_EINPUT, "%s: 'combine' excludes "
			       "one_sided, x_only and delta_only", s->path);
	for (i = 0; i < sizeof(idle) / sizeof(idle[0]); i++) {
		v = says(s, idle[i].key, idle[i].plain, idle[i].number);
		if (v != NULL)
			ee_warn(warn, "%s:%u: '%s' changes nothing", s->path,
				v->line, idle[i].key);
	}
	return EE_OK;
}

enum ee_status
ee_mend_params_from(struct ee_mend_params *p, const struct ee_value *map,
		    const char *path, const struct ee_warn *warn,
		    struct ee_err *err)
{
	const struct ee_keys_source s = { map, path, err };

	set_defaults(p);
	TRY(ee_keys_read(keys, KEYS, &s, p, warn));
	return check_method(p, &s, warn);
}

enum ee_status
ee_mend_params_read(struct ee_mend_params *p, const char *path,
		    const struct ee_warn *warn, struct ee_err *err)
{
	struct ee_value map;

	memset(p, 0, sizeof(*p));
	TRY(ee_yaml_read(&p->arena, path, &map, err));
	return ee_mend_params_from(p, &map, path, warn, err);
}

void
ee_mend_params_free(struct ee_mend_params *p)
{
	ee_arena_free(&p->arena);
}
