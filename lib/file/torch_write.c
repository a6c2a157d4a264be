/*
 * torch_write.c - torch.save's archives written.  See torch_write.h.
 *
 * The pickle comes first and only names the storages; so it is made in
 * memory while the tensors are counted, and the storages follow in that
 * order.
 */
#include "file/torch_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/try.h"
#include "file/pickle.h"
#include "file/pickle_write.h"
#include "file/torch_parts.h"
#include "file/zip.h"

enum { ALIGN = 64 };		/* torch's own */

struct storages {
	size_t n, room;
	const struct ee_tensor **list;
};

static enum ee_status
add_storage(struct storages *s, const struct ee_tensor *tensor,
	    struct ee_err *err)
{
	TRY(ee_reserve(&s->list, &s->room, s->n + 1, sizeof(*s->list), err));
	s->list[s->n++] = tensor;
	return EE_OK;
}

static enum ee_status
put_int(struct ee_pickler *p, size_t n, struct ee_err *err)
{
	const struct ee_value v = ee_int((int64_t)n);

	return ee_pickle_put(p, &v, err);
}

static enum ee_status
put_text(struct ee_pickler *p, const char *text, struct ee_err *err)
{
	const struct ee_value v = ee_text(text);

	return ee_pickle_put(p, &v, err);
}

/* The tuple of the sizes, or of the strides in elements. */
static enum ee_status
put_sizes(struct ee_pickler *p, const struct ee_tensor *t, bool strides,
	  struct ee_err *err)
{
	unsigned i, j;
	size_t n;

	putc('(', p->fp);
	for (i = 0; i < t->ndim; i++) {
		n = t->shape[i];
		if (strides)
			for (n = 1, j = i + 1; j < t->ndim; j++)
				n *= t->shape[j];
		TRY(put_int(p, n, err));
	}
	putc('t', p->fp);
	return EE_OK;
}

/* The persistent id ("storage", class, key, "cpu", elements) */
static enum ee_status
put_storage(struct ee_pickler *p, const struct ee_tensor *t, size_t key,
	    struct ee_err *err)
{
	const struct ee_torch_dtype *d = ee_torch_dtype(t->dtype);
	size_t count, bytes;
	char text[24];

	if (t->ndim > EE_MAX_DIMS || !ee_tensor_count(t, &count) ||
	    !ee_tensor_bytes(t, &bytes) || bytes > INT64_MAX)
		return ee_fail(err, EE_EINPUT, "a tensor of a size that "
			       "cannot be");
	snprintf(text, sizeof(text), "%zu", key);
	putc('(', p->fp);
	TRY(put_text(p, "storage", err));
	if (d->is_typed)
		ee_pickle_put_class(p, "torch", d->storage);
	else
		ee_pickle_put_class(p, "torch.storage", "UntypedStorage");
	TRY(put_text(p, text, err));
	TRY(put_text(p, "cpu", err));
	TRY(put_int(p, d->is_typed ? count : bytes, err));
	fputs("tQ", p->fp);
	return EE_OK;
}

/*
 * _rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks);
 * _v3, of a storage of bytes, has a dtype more.
 */
static enum ee_status
put_tensor(struct ee_pickler *p, const struct ee_tensor *t,
	   struct ee_err *err)
{
	const struct ee_torch_dtype *d = ee_torch_dtype(t->dtype);
	struct storages *storages = p->ctx;

	ee_pickle_put_class(p, "torch._utils", d->is_typed ?
			    "_rebuild_tensor_v2" : "_rebuild_tensor_v3");
	putc('(', p->fp);
	TRY(put_storage(p, t, storages->n, err));
	TRY(put_int(p, 0, err));
	TRY(put_sizes(p, t, false, err));
	TRY(put_sizes(p, t, true, err));
	putc(0x89, p->fp);
	ee_pickle_put_class(p, "collections", "OrderedDict");
	fputs(")R", p->fp);
	if (!d->is_typed)
		ee_pickle_put_class(p, "torch", d->name);
	fputs("tR", p->fp);
	return add_storage(storages, t, err);
}

/* The pickle, the caller's to free(). */
static enum ee_status
make_pickle(const struct ee_value *root, struct storages *storages,
	    char **pickle, size_t *size, struct ee_err *err)
{
	struct ee_pickler p = { .ctx = storages, .tensor = put_tensor };
	enum ee_status status;
	bool failed;

	*pickle = NULL;
	p.fp = open_memstream(pickle, size);
	if (p.fp == NULL)
		return ee_fail(err, EE_ENOMEM, "out of memory");
	status = ee_pickle_write(&p, root, err);
	failed = ferror(p.fp) != 0;
	failed = fclose(p.fp) != 0 || failed;
	if (status == EE_OK && failed)
		status = ee_fail(err, EE_ENOMEM, "out of memory");
	if (status == EE_OK && *size > EE_PICKLE_MOST)
		status = ee_fail(err, EE_EINPUT, "a pickle of %zu bytes, %d "
				 "can be read again", *size, EE_PICKLE_MOST);
	return status;
}

static enum ee_status
put_member(struct ee_zip_writer *w, const char *name, const void *data,
	   size_t size, struct ee_err *err)
{
	return ee_zip_put(w, name, data, size, NULL, 0, err);
}

static enum ee_status
put_members(struct ee_zip_writer *w, const struct storages *storages,
	    const char *pickle, size_t size, struct ee_err *err)
{
	char name[48];
	size_t i, bytes;

	TRY(put_member(w, "archive/data.pkl", pickle, size, err));
	TRY(put_member(w, "archive/byteorder", "little", 6, err));
	for (i = 0; i < storages->n; i++) {
		snprintf(name, sizeof(name), "archive/data/%zu", i);
		if (!ee_tensor_bytes(storages->list[i], &bytes))
			bytes = 0;
		TRY(put_member(w, name, bytes > 0 ? storages->list[i]->data
						  : "", bytes, err));
		if (ferror(w->fp))
			return ee_fail_sys(err, "write");
	}
	TRY(put_member(w, "archive/version", "3\n", 2, err));
	return ee_zip_finish(w, err);
}

enum ee_status
ee_torch_write(const char *path, const struct ee_value *root,
	       const char *backup, struct ee_err *err)
{
	struct ee_zip_writer w = { .align = ALIGN };
	struct storages storages = { 0 };
	struct ee_outfile file;
	enum ee_status status;
	char *pickle = NULL;
	size_t size = 0;

	TRY(ee_outfile_open(&file, path, err));
	file.backup = backup;
	w.fp = file.fp;
	status = make_pickle(root, &storages, &pickle, &size, err);
	if (status == EE_OK)
		status = put_members(&w, &storages, pickle, size, err);
	ee_zip_writer_free(&w);
	free(pickle);
	free(storages.list);
	if (status != EE_OK)
		status = ee_within(err, status, "%s", path);
	return ee_outfile_end(&file, status, err);
}
