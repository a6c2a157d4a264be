/* packing.c - which weights are kept packed.  See model.h. */
#include "math/packed.h"
#include "model/model.h"

void
ee_model_unpack(struct ee_param *p)
{
	ee_packed_free(p->w.packed);
	ee_packed_free(p->w.packed_back);
	p->w.packed = p->w.packed_back = NULL;
}

/* One side of a weight, if it fits into what is left of 'budget'. */
static enum ee_status
pack_side(const struct ee_weight *w, bool back, struct ee_packed **packed,
	  size_t budget, size_t *used, struct ee_err *err)
{
	const size_t size = w->out * w->in * sizeof(float);
	enum ee_status status;

	if (*packed != NULL || size > budget - *used)
		return EE_OK;
	status = ee_pack(packed, w, back, err);
	if (status == EE_OK)
		*used += ee_packed_size(*packed);
	if (*used > budget)
		*used = budget;
	return status;
}

static enum ee_status
pack_param(struct ee_param *p, size_t budget, size_t *used,
	   struct ee_err *err)
{
	enum ee_status status;

	if (p->module == NULL || p->w.data == NULL)
		return EE_OK;
	status = pack_side(&p->w, false, &p->w.packed, budget, used, err);
	if (status == EE_OK)
		status = pack_side(&p->w, true, &p->w.packed_back, budget,
				   used, err);
	return status;
}

enum ee_status
ee_model_pack(struct ee_model *m, size_t from, size_t to, size_t budget,
	      size_t *used, struct ee_err *err)
{
	enum ee_status status = EE_OK;
	size_t i, role;

	*used = 0;
	if (!ee_can_pack())
		return EE_OK;
	for (i = to; i-- > from && status == EE_OK; )
		for (role = 0; role < EE_LAYER_ROLES && status == EE_OK;
		     role++)
			status = pack_param(&m->layer[i * EE_LAYER_ROLES +
						      role], budget, used,
					    err);
	if (status == EE_OK && to == m->config.layers)
		status = pack_param(&m->whole[EE_W_HEAD - EE_LAYER_ROLES],
				    budget, used, err);
	return status;
}
