/*
 * packed.c - weights packed by oneDNN.  See packed.h; unpacked.c stands in for
 * it where there is none.
 *
 * The columns of y are cut into slices, each packed for itself, which the
 * threads of threads.h take in turn; oneDNN's own threads stay out of it.
 */
#include "math/packed.h"

#include <stdlib.h>

#ifdef EE_ONEDNN
#include <oneapi/dnnl/dnnl.h>
#include <string.h>

#include "math/convert.h"
#include "math/threads.h"

/* Rows that a layout is chosen for; slices are of whole blocks of columns. */
enum { TYPICAL_ROWS = 64, LEAST_COLUMNS = 64, MOST_SLICES = 64 };

struct slice {
	size_t begin, width;		/* columns of y */
	size_t size;
	dnnl_memory_t weights;
	dnnl_primitive_t product;	/* for 'rows' rows, or NULL */
	dnnl_memory_t x, y;
	dnnl_status_t status;
};

struct ee_packed {
	size_t nx, ny;
	size_t rows;			/* that the products are made for */
	size_t nslices;
	struct slice slice[MOST_SLICES];
};

static dnnl_engine_t engine;
static dnnl_stream_t stream;

static bool
start_engine(void)
{
	if (stream != NULL)
		return true;
	return dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success &&
	       dnnl_stream_create(&stream, engine,
				  dnnl_stream_default_flags) == dnnl_success;
}

static dnnl_status_t
describe(dnnl_memory_desc_t *md, size_t rows, size_t cols, size_t ld)
{
	const dnnl_dims_t dims = { (dnnl_dim_t)rows, (dnnl_dim_t)cols };
	const dnnl_dims_t strides = { (dnnl_dim_t)ld, 1 };

	return dnnl_memory_desc_init_by_strides(md, 2, dims, dnnl_f32,
						strides);
}

/* y += x W for n rows and one slice; W in the layout 'weights', or, NULL,
 * in the one that oneDNN likes best. */
static dnnl_status_t
describe_product(dnnl_primitive_desc_t *pd, const struct ee_packed *p,
		 size_t n, size_t width, const dnnl_memory_desc_t *weights)
{
	const dnnl_dims_t dims = { (dnnl_dim_t)p->nx, (dnnl_dim_t)width };
	dnnl_memory_desc_t x, y, any;
	dnnl_primitive_attr_t attr = NULL;
	dnnl_post_ops_t add = NULL;
	dnnl_matmul_desc_t desc;
	dnnl_status_t status = describe(&x, n, p->nx, p->nx);

	if (status == dnnl_success)
		status = describe(&y, n, width, p->ny);
	if (status == dnnl_success)
		status = dnnl_memory_desc_init_by_tag(&any, 2, dims, dnnl_f32,
						      dnnl_format_tag_any);
	if (status == dnnl_success)
		status = dnnl_matmul_desc_init(&desc, &x, weights != NULL ?
					       weights : &any, NULL, &y);
	if (status == dnnl_success)
		status = dnnl_primitive_attr_create(&attr);
	if (status == dnnl_success)
		status = dnnl_post_ops_create(&add);
	if (status == dnnl_success)
		status = dnnl_post_ops_append_sum(add, 1);
	if (status == dnnl_success)
		status = dnnl_primitive_attr_set_post_ops(attr, add);
	if (status == dnnl_success)
		status = dnnl_primitive_desc_create(pd, &desc, attr, engine,
						    NULL);
	dnnl_post_ops_destroy(add);
	dnnl_primitive_attr_destroy(attr);
	return status;
}

/* Only its "brgemm" kernels multiply by packed weights. */
static bool
is_packed_kernel(const_dnnl_primitive_desc_t pd)
{
	const char *name = "";

	return dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0,
					 &name) == dnnl_success &&
	       strncmp(name, "brg", 3) == 0;
}

bool
ee_can_pack(void)
{
	static int can = -1;
	const struct ee_packed p = { .nx = 256, .ny = 256 };
	dnnl_primitive_desc_t pd = NULL;

	if (can < 0) {
		can = start_engine() &&
		      describe_product(&pd, &p, TYPICAL_ROWS, p.ny, NULL) ==
		      dnnl_success && is_packed_kernel(pd);
		dnnl_primitive_desc_destroy(pd);
	}
	return can;
}

static enum ee_status
refused(dnnl_status_t status, struct ee_err *err)
{
	if (status == dnnl_out_of_memory)
		return ee_fail(err, EE_ENOMEM, "out of memory (packing "
			       "weights)");
	return ee_fail(err, EE_EMATH, "oneDNN: status %d", (int)status);
}

static enum ee_status
all_well(const struct ee_packed *p, struct ee_err *err)
{
	size_t i;

	for (i = 0; i < p->nslices; i++)
		if (p->slice[i].status != dnnl_success)
			return refused(p->slice[i].status, err);
	return EE_OK;
}

static void
forget_products(struct ee_packed *p)
{
	struct slice *s;

	for (s = p->slice; s < p->slice + p->nslices; s++) {
		dnnl_primitive_destroy(s->product);
		dnnl_memory_destroy(s->x);
		dnnl_memory_destroy(s->y);
		s->product = NULL;
		s->x = s->y = NULL;
	}
	p->rows = 0;
}

void
ee_packed_free(struct ee_packed *p)
{
	size_t i;

	if (p == NULL)
		return;
	forget_products(p);
	for (i = 0; i < p->nslices; i++)
		dnnl_memory_destroy(p->slice[i].weights);
	free(p);
}

size_t
ee_packed_size(const struct ee_packed *p)
{
	size_t size = 0, i;

	for (i = 0; i < p->nslices; i++)
		size += p->slice[i].size;
	return size;
}

/* The float32 rows that a matrix is packed from, 'ld' apart, or their
 * transpose. */
struct plain {
	struct ee_packed *p;
	const float *data;
	size_t ld;
	bool trans;
};

/* Copy a slice into the layout that oneDNN wants. */
static dnnl_status_t
lay_out(const struct plain *f, struct slice *s)
{
	struct ee_packed *p = f->p;
	const size_t ld = f->ld;
	const bool trans = f->trans;
	const float *from = f->data + s->begin * (trans ? ld : 1);
	const dnnl_dims_t dims = { (dnnl_dim_t)p->nx, (dnnl_dim_t)s->width };
	const dnnl_dims_t strides = { trans ? 1 : (dnnl_dim_t)ld,
				      trans ? (dnnl_dim_t)ld : 1 };
	const dnnl_memory_desc_t *want;
	dnnl_primitive_desc_t pd = NULL, copy = NULL;
	dnnl_primitive_t reorder = NULL;
	dnnl_memory_t plain = NULL;
	dnnl_memory_desc_t md;
	dnnl_exec_arg_t args[2];
	dnnl_status_t status;

	status = dnnl_memory_desc_init_by_strides(&md, 2, dims, dnnl_f32,
						  strides);
	if (status == dnnl_success)
		status = describe_product(&pd, p, TYPICAL_ROWS, s->width,
					  NULL);
	if (status != dnnl_success)
		return status;
	want = dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0);
	status = dnnl_memory_create(&plain, &md, engine,
				    (void *)(uintptr_t)from);
	if (status == dnnl_success)
		status = dnnl_memory_create(&s->weights, want, engine,
					    DNNL_MEMORY_ALLOCATE);
	if (status == dnnl_success)
		status = dnnl_reorder_primitive_desc_create(&copy, &md,
			engine, want, engine, NULL);
	if (status == dnnl_success)
		status = dnnl_primitive_create(&reorder, copy);
	if (status == dnnl_success) {
		args[0] = (dnnl_exec_arg_t){ DNNL_ARG_FROM, plain };
		args[1] = (dnnl_exec_arg_t){ DNNL_ARG_TO, s->weights };
		status = dnnl_primitive_execute(reorder, stream, 2, args);
		s->size = dnnl_memory_desc_get_size(want);
	}
	dnnl_primitive_destroy(reorder);
	dnnl_primitive_desc_destroy(copy);
	dnnl_memory_destroy(plain);
	dnnl_primitive_desc_destroy(pd);
	return status;
}

static void
lay_out_slices(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct plain *f = arg;
	struct slice *s;

	(void)thread;
	for (s = f->p->slice + begin; s < f->p->slice + end; s++)
		s->status = lay_out(f, s);
}

static void
cut(struct ee_packed *p)
{
	const size_t want = 2 * ee_threads();
	size_t width = (p->ny / want + LEAST_COLUMNS - 1) / LEAST_COLUMNS *
		       LEAST_COLUMNS, at;

	if (width < LEAST_COLUMNS)
		width = LEAST_COLUMNS;
	while ((p->ny + width - 1) / width > MOST_SLICES)
		width += LEAST_COLUMNS;
	for (at = 0; at < p->ny; at += width) {
		p->slice[p->nslices].begin = at;
		p->slice[p->nslices++].width =
			p->ny - at < width ? p->ny - at : width;
	}
}

enum ee_status
ee_pack(struct ee_packed **packed, const struct ee_weight *w, bool back,
	struct ee_err *err)
{
	const size_t rows = w->in_major ? w->in : w->out;
	const size_t cols = w->in_major ? w->out : w->in;
	const bool trans = w->in_major == back;
	struct ee_packed *p = ee_calloc(1, sizeof(*p), err);
	struct plain plain = { p, w->data, cols, trans };
	float *copy = NULL;
	enum ee_status status;

	*packed = NULL;
	if (p == NULL || !start_engine()) {
		free(p);
		return ee_fail(err, EE_ENOMEM, "out of memory (oneDNN)");
	}
	if (w->dtype != EE_F32) {
		plain.data = copy = ee_floats(rows * cols, err);
		if (copy == NULL) {
			free(p);
			return EE_ENOMEM;
		}
		ee_to_f32(w->dtype, w->data, rows * cols, copy);
	}
	p->nx = trans ? cols : rows;
	p->ny = trans ? rows : cols;
	cut(p);
	ee_parallel(p->nslices, 1, lay_out_slices, &plain);
	free(copy);
	status = all_well(p, err);
	if (status != EE_OK) {
		ee_packed_free(p);
		return status;
	}
	*packed = p;
	return EE_OK;
}

/* Make a slice's product for n rows. */
static dnnl_status_t
make_product(const struct ee_packed *p, struct slice *s, size_t n)
{
	const dnnl_memory_desc_t *weights;
	dnnl_primitive_desc_t pd = NULL;
	dnnl_memory_desc_t md;
	dnnl_status_t status;

	status = dnnl_memory_get_memory_desc(s->weights, &weights);
	if (status == dnnl_success)
		status = describe_product(&pd, p, n, s->width, weights);
	if (status == dnnl_success)
		status = dnnl_primitive_create(&s->product, pd);
	dnnl_primitive_desc_destroy(pd);
	if (status == dnnl_success)
		status = describe(&md, n, p->nx, p->nx);
	if (status == dnnl_success)
		status = dnnl_memory_create(&s->x, &md, engine,
					    DNNL_MEMORY_NONE);
	if (status == dnnl_success)
		status = describe(&md, n, s->width, p->ny);
	if (status == dnnl_success)
		status = dnnl_memory_create(&s->y, &md, engine,
					    DNNL_MEMORY_NONE);
	return status;
}

struct job {
	struct ee_packed *p;
	const float *x;
	float *y;
};

static void
multiply_slices(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct job *job = arg;
	struct slice *s;
	dnnl_exec_arg_t args[3];

	(void)thread;
	for (s = job->p->slice + begin; s < job->p->slice + end; s++) {
		s->status = dnnl_memory_set_data_handle(s->x,
			(void *)(uintptr_t)job->x);
		if (s->status == dnnl_success)
			s->status = dnnl_memory_set_data_handle(s->y,
				job->y + s->begin);
		args[0] = (dnnl_exec_arg_t){ DNNL_ARG_SRC, s->x };
		args[1] = (dnnl_exec_arg_t){ DNNL_ARG_WEIGHTS, s->weights };
		args[2] = (dnnl_exec_arg_t){ DNNL_ARG_DST, s->y };
		if (s->status == dnnl_success)
			s->status = dnnl_primitive_execute(s->product, stream,
							   3, args);
	}
}

enum ee_status
ee_packed_add(struct ee_packed *p, size_t n, const float *x, float *y,
	      struct ee_err *err)
{
	struct job job = { p, x, y };
	dnnl_status_t status = dnnl_success;
	size_t i;

	if (n == 0)
		return EE_OK;
	if (p->rows != n) {
		forget_products(p);
		for (i = 0; i < p->nslices && status == dnnl_success; i++)
			status = make_product(p, &p->slice[i], n);
		if (status != dnnl_success) {
			forget_products(p);
			return refused(status, err);
		}
		p->rows = n;
	}
	ee_parallel(p->nslices, 1, multiply_slices, &job);
	return all_well(p, err);
}

#endif
