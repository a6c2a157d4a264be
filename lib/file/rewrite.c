/* rewrite.c - a model folder again, changed.  See rewrite.h. */
#include "file/rewrite.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/try.h"
#include "file/torch_convert.h"

const struct ee_changed *
ee_changed_find(const struct ee_changed *changed, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(changed[i].name, name) == 0)
			return &changed[i];
	return NULL;
}

/* Every change must be of a tensor that is there, as it is there. */
static enum ee_status
check(const struct ee_weights *w, const struct ee_changed *changed, size_t n,
      struct ee_err *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct ee_tensor *t = &changed[i].tensor;
		const struct ee_weights_item *item =
			ee_weights_find(w, changed[i].name);

		if (item == NULL || item->tensor.dtype != t->dtype ||
		    item->tensor.ndim != t->ndim ||
		    memcmp(item->tensor.shape, t->shape,
			   t->ndim * sizeof(t->shape[0])) != 0)
			return ee_fail(err, EE_EMATCH, "tensor '%s' is not "
				       "in the model, or of another dtype or "
				       "shape", changed[i].name);
	}
	return EE_OK;
}

/* The path of a file in a folder; the caller's, to free(). */
static char *
in_folder(const char *dir, const char *name, struct ee_err *err)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) >= 0)
		return path;
	ee_fail(err, EE_ENOMEM, "out of memory");
	return NULL;
}

static bool
put(FILE *fp, const void *data, size_t size)
{
	return size == 0 || fwrite(data, 1, size, fp) == size;
}

/* End the file; if not all was put, errno still knows why. */
static enum ee_status
finish(struct ee_outfile *out, bool all_put, const char *to,
       struct ee_err *err)
{
	return ee_outfile_end(out, all_put ? EE_OK :
			      ee_fail_sys(err, "%s: write", to), err);
}

static enum ee_status
copy_bytes(const char *from, const char *to, struct ee_err *err)
{
	struct ee_mapped file;
	struct ee_outfile out;
	enum ee_status status;

	TRY(ee_map_file(&file, from, err));
	status = ee_outfile_open(&out, to, err);
	if (status == EE_OK)
		status = finish(&out, put(out.fp, file.data, file.size), to,
				err);
	ee_unmap_file(&file);
	return status;
}

/* The bytes of one file of weights, those of changed tensors replaced: so
 * that what is not changed, the header too, stays as it was. */
static bool
put_weights(FILE *fp, const struct ee_safetensors *st,
	    const struct ee_changed *changed, size_t n)
{
	size_t at = 0, i, bytes;

	for (i = 0; i < st->n; i++) {	/* in the order of their data */
		const struct ee_named *t = &st->list[i];
		const struct ee_changed *c =
			ee_changed_find(changed, n, t->name);

		if (c == NULL || !ee_tensor_bytes(&t->tensor, &bytes))
			continue;
		if (!put(fp, st->file.data + at, t->offset - at) ||
		    !put(fp, c->tensor.data, bytes))
			return false;
		at = t->offset + bytes;
	}
	return put(fp, st->file.data + at, st->file.size - at);
}

static enum ee_status
write_weights(const struct ee_safetensors *st,
	      const struct ee_changed *changed, size_t n, const char *to,
	      struct ee_err *err)
{
	struct ee_outfile out;
	enum ee_status status = ee_outfile_open(&out, to, err);

	if (status != EE_OK)
		return status;
	return finish(&out, put_weights(out.fp, st, changed, n), to, err);
}

/* The safetensors called 'name' if a changed tensor is in it. */
static const struct ee_safetensors *
touched(const struct ee_weights *w, const struct ee_changed *changed,
	size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct ee_weights_item *item =
			ee_weights_find(w, changed[i].name);
		const struct ee_weights_file *file = &w->files[item->file];

		if (!file->is_torch && strcmp(file->name, name) == 0)
			return &file->data;
	}
	return NULL;
}

/* All files of weights are of one kind. */
static bool
is_torch(const struct ee_weights *w)
{
	return w->nfiles > 0 && w->files[0].is_torch;
}

static enum ee_status
one_file(const char *dir, const char *name, const struct ee_weights *w,
	 const struct ee_changed *changed, size_t n, const char *temp,
	 struct ee_err *err)
{
	const struct ee_safetensors *st = touched(w, changed, n, name);
	char *from = in_folder(dir, name, err);
	char *to = in_folder(temp, name, err);
	enum ee_status status = EE_ENOMEM;
	struct stat info;

	if (from == NULL || to == NULL)
		goto out;
	if (stat(from, &info) != 0)
		status = ee_fail_sys(err, "%s", from);
	else if (!S_ISREG(info.st_mode) || strcmp(name, EE_UNDO_FILE) == 0 ||
		 (is_torch(w) && ee_torch_replaces(w, name)))
		status = EE_OK;
	else if (st != NULL)
		status = write_weights(st, changed, n, to, err);
	else
		status = copy_bytes(from, to, err);
out:
	free(from);
	free(to);
	return status;
}

enum ee_status
ee_folder_rewrite(const char *dir, const struct ee_weights *w,
		  const struct ee_changed *changed, size_t n,
		  const char *out, char **temp, struct ee_err *err)
{
	enum ee_status status = check(w, changed, n, err);
	size_t len = strlen(out);
	struct dirent *entry;
	DIR *d;

	*temp = NULL;
	if (status != EE_OK)
		return status;
	if (access(out, F_OK) == 0)
		return ee_fail(err, EE_EIO, "%s: exists already", out);
	while (len > 1 && out[len - 1] == '/')
		len--;
	if (asprintf(temp, "%.*s.XXXXXX", (int)len, out) < 0) {
		*temp = NULL;
		return ee_fail(err, EE_ENOMEM, "out of memory");
	}
	if (mkdtemp(*temp) == NULL) {
		status = ee_fail_sys(err, "%s", out);
		free(*temp);
		*temp = NULL;
		return status;
	}
	d = opendir(dir);
	if (d == NULL)
		status = ee_fail_sys(err, "%s", dir);
	while (status == EE_OK && (entry = readdir(d)) != NULL)
		status = one_file(dir, entry->d_name, w, changed, n, *temp,
				  err);
	if (d != NULL)
		closedir(d);
	if (status == EE_OK && is_torch(w))
		status = ee_torch_convert(w, changed, n, *temp, err);
	if (status != EE_OK) {
		ee_folder_abort(*temp);
		free(*temp);
		*temp = NULL;
	}
	return status;
}

enum ee_status
ee_folder_commit(const char *temp, const char *out, struct ee_err *err)
{
	const mode_t mask = umask(0);

	umask(mask);
	if (chmod(temp, 0777 & ~mask) != 0 || rename(temp, out) != 0)
		return ee_fail_sys(err, "%s", out);
	return EE_OK;
}

void
ee_folder_abort(const char *temp)
{
	DIR *d = opendir(temp);
	struct dirent *entry;

	if (d == NULL)
		return;
	while ((entry = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), entry->d_name, 0);
	closedir(d);
	(void)rmdir(temp);
}
