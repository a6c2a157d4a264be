/* mendsave.c - writing a hypernetwork's archive.  See mendarchive.h. */
#include <string.h>

#include "base/try.h"
#include "edit/delta.h"
#include "edit/mendarchive_parts.h"
#include "file/torch_write.h"

struct ee_value
ee_mend_net_value(struct ee_arena *arena, const struct ee_mend_net_params *n)
{
	struct ee_value v = ee_map();

	ee_put(arena, &v, "combine", ee_logic(n->combine));
	ee_put(arena, &v, "one_sided", ee_logic(n->one_sided));
	ee_put(arena, &v, "x_only", ee_logic(n->x_only));
	ee_put(arena, &v, "delta_only", ee_logic(n->delta_only));
	ee_put(arena, &v, "norm", ee_logic(n->norm));
	ee_put(arena, &v, "shared", ee_logic(n->shared));
	ee_put(arena, &v, "n_hidden", ee_int(n->n_hidden));
	ee_put(arena, &v, "rank", ee_int(n->rank));
	ee_put(arena, &v, "init",
	       ee_text(n->init == EE_INIT_ID ? "id" : "xavier"));
	return v;
}

/* What transformers says of a model, as a dict that needs no class. */
static struct ee_value
config_value(struct ee_arena *arena, const struct ee_config *c)
{
	struct ee_value v = ee_map();

	ee_put(arena, &v, "model_type", ee_text(c->family->model_type));
	ee_put(arena, &v, "_name_or_path", ee_text(c->name));
	ee_put(arena, &v, "hidden_size", ee_int((int64_t)c->d));
	ee_put(arena, &v, "num_hidden_layers", ee_int((int64_t)c->layers));
	ee_put(arena, &v, "vocab_size", ee_int((int64_t)c->vocab));
	return v;
}

static struct ee_value
state_dict(struct ee_arena *arena, const struct ee_mend *m,
	   const struct ee_model *model)
{
	struct ee_value v = ee_map();
	size_t i;

	v.form = EE_ORDERED;
	for (i = 0; i < m->nslices; i++) {
		const struct ee_mend_slice *s = &m->slice[i];

		ee_put(arena, &v, s->key,
		       ee_tensor(ee_tensor_2d(EE_F32, s->data, s->dims[0],
					      s->ndim == 2 ? s->dims[1] :
					      0)));
	}
	ee_put(arena, &v, "model_config",
	       config_value(arena, &model->config));
	return v;
}

static struct ee_value
ours(struct ee_arena *arena, const struct ee_mend *m,
     const struct ee_model *model, const struct ee_value *train,
     const char *by)
{
	struct ee_value v = ee_map(), weights = ee_list();
	size_t i;

	for (i = 0; i < m->nparams; i++)
		ee_add(arena, &weights, ee_text(m->param[i].weight));
	ee_put(arena, &v, "by", ee_text(by));
	ee_put(arena, &v, "model", ee_model_value(arena, model));
	ee_put(arena, &v, "inner_params", weights);
	ee_put(arena, &v, "net", ee_mend_net_value(arena, &m->net_params));
	ee_put(arena, &v, "train", train->type == EE_MAP ? *train : ee_map());
	return v;
}

enum ee_status
ee_mend_save(const struct ee_mend *m, const char *path,
	     const struct ee_model *model, const struct ee_mend_progress *p,
	     bool keep, const char *by, struct ee_err *err)
{
	struct ee_arena arena = { 0 };
	struct ee_value v = ee_map();
	enum ee_status status;

	ee_put(&arena, &v, "model", state_dict(&arena, m, model));
	ee_put(&arena, &v, "opt",
	       ee_mend_optim_value(&arena, m, &p->optim, false));
	ee_put(&arena, &v, "lr_opt",
	       ee_mend_optim_value(&arena, m, &p->optim, true));
	ee_put(&arena, &v, "val_stats",
	       p->val_stats.type == EE_MAP ? p->val_stats : ee_map());
	ee_put(&arena, &v, "start_time", ee_text(p->start_time));
	ee_put(&arena, &v, "elapsed_time", ee_real(p->elapsed));
	ee_put(&arena, &v, "step", ee_int(p->step));
	ee_put(&arena, &v, "ee", ours(&arena, m, model, &p->train, by));
	status = ee_arena_check(&arena, err);
	if (status == EE_OK)
		status = ee_torch_write(path, &v, keep ? ".bk" : NULL, err);
	ee_arena_free(&arena);
	return status;
}
