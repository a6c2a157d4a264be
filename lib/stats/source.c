/* source.c - the arrays of one statistics file.  See source.h. */
#include "stats/source.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/try.h"
#include "math/convert.h"

/* A safetensors file begins with the length of its header, then "{". */
bool
ee_is_safetensors(const char *path)
{
	unsigned char head[9] = "";
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is = false;

	if (fd >= 0) {
		is = pread(fd, head, 9, 0) == 9 && head[8] == '{' &&
		     head[7] == 0 && head[6] == 0 && head[5] == 0;
		close(fd);
	}
	return is;
}

static enum ee_status
list_names(struct ee_source *s, struct ee_err *err)
{
	const size_t n = s->is_safetensors ? s->st.n + s->st.metadata.n :
					     s->npz.n;
	size_t i;

	s->names = ee_calloc(n + 1, sizeof(*s->names), err);
	s->values = ee_calloc(n + 1, sizeof(*s->values), err);
	s->bytes = ee_calloc(n + 1, sizeof(*s->bytes), err);
	if (s->names == NULL || s->values == NULL || s->bytes == NULL)
		return EE_ENOMEM;
	s->n = n;
	for (i = 0; i < n; i++)
		s->names[i] = !s->is_safetensors ? s->npz.names[i] :
			i < s->st.n ? s->st.list[i].name :
			s->st.metadata.u.map[i - s->st.n].key;
	return EE_OK;
}

enum ee_status
ee_source_open(struct ee_source *s, const char *path, struct ee_err *err)
{
	enum ee_status status;

	memset(s, 0, sizeof(*s));
	s->is_safetensors = ee_is_safetensors(path);
	status = s->is_safetensors ? ee_safetensors_open(&s->st, path, err) :
				     ee_npz_open(&s->npz, path, err);
	if (status != EE_OK)
		return status;
	s->path = ee_arena_text(&s->arena, path, strlen(path));
	status = ee_arena_check(&s->arena, err);
	if (status == EE_OK)
		status = list_names(s, err);
	if (status != EE_OK)
		ee_source_close(s);
	return status;
}

void
ee_source_close(struct ee_source *s)
{
	if (s->is_safetensors)
		ee_safetensors_close(&s->st);
	else
		ee_npz_close(&s->npz);
	free(s->names);
	free(s->values);
	free(s->bytes);
	ee_arena_free(&s->arena);
	memset(s, 0, sizeof(*s));
}

static size_t
find(const struct ee_source *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->names[i], name) == 0)
			break;
	return i;
}

bool
ee_source_has(const struct ee_source *s, const char *name)
{
	return find(s, name) < s->n;
}

enum ee_status
ee_source_load(struct ee_source *s, size_t i, struct ee_err *err)
{
	if (s->is_safetensors || s->bytes[i] != NULL)
		return EE_OK;
	return ee_zip_get(&s->npz.zip, &s->npz.zip.list[i], &s->arena,
			  &s->bytes[i], err);
}

/* Metadata are texts; a number among them is one where it is asked for. */
static enum ee_status
read_array(struct ee_source *s, size_t i, struct ee_err *err)
{
	char where[256];

	TRY(ee_source_load(s, i, err));
	if (s->is_safetensors) {
		s->values[i] = i < s->st.n ? ee_tensor(s->st.list[i].tensor) :
			s->st.metadata.u.map[i - s->st.n].value;
		return EE_OK;
	}
	snprintf(where, sizeof(where), "%s: '%s'", s->path, s->names[i]);
	return ee_npy_parse(&s->arena, s->bytes[i],
			    (size_t)s->npz.zip.list[i].size, where,
			    &s->values[i], err);
}

enum ee_status
ee_source_get(struct ee_source *s, const char *name,
	      const struct ee_value **out, struct ee_err *err)
{
	const size_t i = find(s, name);
	enum ee_status status = EE_OK;

	if (i == s->n)
		return ee_fail(err, EE_EFORMAT, "%s: no array '%s'", s->path,
			       name);
	if (s->values[i].type == EE_NULL)
		status = read_array(s, i, err);
	*out = &s->values[i];
	return status;
}

enum ee_status
ee_source_int(struct ee_source *s, const char *name, int64_t min,
	      int64_t *out, struct ee_err *err)
{
	const struct ee_value *v;
	size_t n;
	double d;

	TRY(ee_source_get(s, name, &v, err));
	if (v->type == EE_TEXT && s->is_safetensors &&
	    ee_parse_int(v->u.text, min, INT64_MAX, out))
		return EE_OK;
	if (v->type != EE_TENSOR || !ee_tensor_count(&v->u.tensor, &n) ||
	    n != 1)
		return ee_fail(err, EE_EFORMAT, "%s: '%s' is no single "
			       "number", s->path, name);
	d = ee_tensor_at(&v->u.tensor, 0);
	if (!(d >= (double)min && d == floor(d) && fabs(d) < 9e15))
		return ee_fail(err, EE_EFORMAT, "%s: '%s' is %g, want a whole "
			       "number of at least %lld", s->path, name, d,
			       (long long)min);
	*out = (int64_t)d;
	return EE_OK;
}

const char *
ee_source_text(struct ee_source *s, const char *name)
{
	const struct ee_value *v;
	struct ee_err ignored;

	if (!ee_source_has(s, name) ||
	    ee_source_get(s, name, &v, &ignored) != EE_OK ||
	    v->type != EE_TEXT)
		return NULL;
	return v->u.text;
}

int64_t
ee_source_sample_size(struct ee_source *s)
{
	struct ee_err ignored;
	int64_t n = -1;

	if (!ee_source_has(s, "sample_size") ||
	    ee_source_int(s, "sample_size", 0, &n, &ignored) != EE_OK)
		return -1;
	return n;
}

enum ee_status
ee_source_reals(struct ee_source *s, const char *name, struct ee_tensor *out,
		enum ee_dtype *stored, struct ee_err *err)
{
	const struct ee_value *v;
	float *f;
	size_t n = 0;

	TRY(ee_source_get(s, name, &v, err));
	*out = v->u.tensor;
	if (stored != NULL)
		*stored = out->dtype;
	if (v->type == EE_TENSOR &&
	    (out->dtype == EE_F32 || out->dtype == EE_F64))
		return EE_OK;
	if (v->type != EE_TENSOR ||
	    (out->dtype != EE_F16 && out->dtype != EE_BF16))
		return ee_fail(err, EE_EFORMAT, "%s: '%s' is no array of real "
			       "numbers", s->path, name);
	(void)ee_tensor_count(out, &n);
	f = ee_arena_alloc(&s->arena, n * sizeof(*f), 64);
	if (f == NULL)
		return ee_arena_check(&s->arena, err);
	ee_to_f32(out->dtype, out->data, n, f);
	out->dtype = EE_F32;
	out->data = f;
	return EE_OK;
}
