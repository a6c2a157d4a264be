/* show.c - files as lines of JSON.  See show.h. */
#include "show.h"

#include <stdio.h>

#include "file/json.h"
#include "file/npz.h"
#include "file/safetensors.h"
#include "file/torch.h"
#include "stream/summary.h"

enum ee_status
show_line(struct show *s, const char *what, const struct ee_value *v)
{
	struct ee_value map = ee_map();
	enum ee_status status;

	if (s->several)
		ee_put(&s->arena, &map, "file", ee_text(s->file));
	ee_put(&s->arena, &map, what, ee_summary(&s->arena, v, s->data));
	status = ee_arena_check(&s->arena, &s->tool->err);
	if (status == EE_OK) {
		ee_json_write(stdout, &map);
		putchar('\n');
	}
	ee_arena_reset(&s->arena);
	return status == EE_OK && ferror(stdout) ? EE_END : status;
}

static enum ee_status
file_header(struct show *s, const char *kind, const char *what,
	    const struct ee_value *more)
{
	struct ee_value map = ee_map();

	ee_put(&s->arena, &map, "kind", ee_text(kind));
	if (more != NULL && more->n > 0)
		ee_put(&s->arena, &map, what, *more);
	return show_line(s, "header", &map);
}

static enum ee_status
named_line(struct show *s, const char *name, struct ee_value v)
{
	struct ee_value map = ee_map();

	ee_put(&s->arena, &map, "name", ee_text(name));
	ee_put(&s->arena, &map, "value", v);
	return show_line(s, "record", &map);
}

static enum ee_status
end_line(struct show *s, uint64_t records)
{
	struct ee_value map = ee_map();

	ee_put(&s->arena, &map, "records", ee_int((int64_t)records));
	return show_line(s, "end", &map);
}

enum ee_status
show_npz(struct show *s)
{
	struct ee_arena arena = {0};
	struct ee_npz npz;
	struct ee_value v;
	enum ee_status status = ee_npz_open(&npz, s->file, &s->tool->err);
	size_t i;

	if (status != EE_OK)
		return status;
	status = file_header(s, "npz", NULL, NULL);
	for (i = 0; i < npz.n && status == EE_OK; i++) {
		status = ee_npz_get(&npz, npz.names[i], &arena, &v,
				    &s->tool->err);
		if (status == EE_OK)
			status = named_line(s, npz.names[i], v);
		ee_arena_reset(&arena);
	}
	if (status == EE_OK)
		status = end_line(s, npz.n);
	ee_arena_free(&arena);
	ee_npz_close(&npz);
	return status;
}

enum ee_status
show_safetensors(struct show *s)
{
	struct ee_safetensors st;
	enum ee_status status;
	size_t i;

	status = ee_safetensors_open(&st, s->file, &s->tool->err);
	if (status != EE_OK)
		return status;
	status = file_header(s, "safetensors", "metadata", &st.metadata);
	for (i = 0; i < st.n && status == EE_OK; i++)
		status = named_line(s, st.list[i].name,
				    ee_tensor(st.list[i].tensor));
	if (status == EE_OK)
		status = end_line(s, st.n);
	ee_safetensors_close(&st);
	return status;
}

static bool
holds_tensors(const struct ee_value *v)
{
	size_t i;

	for (i = 0; v->type == EE_LIST && i < v->n; i++)
		if (holds_tensors(&v->u.list[i]))
			return true;
	for (i = 0; v->type == EE_MAP && i < v->n; i++)
		if (holds_tensors(&v->u.map[i].value))
			return true;
	return v->type == EE_TENSOR;
}

/* The tensors of 'v', and what stands beside them; 'name' leads to it. */
static enum ee_status
show_members(struct show *s, struct ee_arena *names, const char *name,
	     const struct ee_value *v, uint64_t *records)
{
	const char *slash = name[0] != '\0' ? "/" : "", *inner;
	enum ee_status status = EE_OK;
	size_t i;

	if (v->type == EE_TENSOR || !holds_tensors(v)) {
		(*records)++;
		return named_line(s, name, *v);
	}
	for (i = 0; i < v->n && status == EE_OK; i++) {
		const bool map = v->type == EE_MAP;

		inner = map ? ee_arena_printf(names, "%s%s%s", name, slash,
					      v->u.map[i].key) :
			ee_arena_printf(names, "%s%s%zu", name, slash, i);
		if (inner == NULL)
			return ee_arena_check(names, &s->tool->err);
		status = show_members(s, names, inner,
				      map ? &v->u.map[i].value :
				      &v->u.list[i], records);
	}
	return status;
}

enum ee_status
show_torch(struct show *s)
{
	struct ee_arena names = {0};
	struct ee_torch t;
	enum ee_status status = ee_torch_open(&t, s->file, &s->tool->err);
	uint64_t records = 0;

	if (status != EE_OK)
		return status;
	status = file_header(s, "torch", "classes", &t.foreign);
	if (status == EE_OK)
		status = show_members(s, &names, "", &t.root, &records);
	if (status == EE_OK)
		status = ee_torch_check(&t, &s->tool->err);
	if (status == EE_OK)
		status = end_line(s, records);
	ee_arena_free(&names);
	ee_torch_close(&t);
	return status;
}
