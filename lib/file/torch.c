/* torch.c - torch.save's archives.  See torch.h. */
#include "file/torch.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "file/torch_parts.h"

enum { NEWEST = 10 };		/* version of the format, as torch has it */

/* The member <prefix>/<name>, or NULL. */
static const struct ee_zip_member *
find(struct ee_torch *t, const char *prefix, size_t n, const char *name)
{
	const char *full = ee_arena_printf(&t->arena, "%.*s/%s", (int)n,
					   prefix, name);

	return full != NULL ? ee_zip_find(&t->zip, full) : NULL;
}

/* <prefix>/data.pkl, which says what the prefix is. */
static enum ee_status
find_pickle(struct ee_torch *t, const struct ee_zip_member **pickle,
	    size_t *prefix, struct ee_err *err)
{
	const char *slash;
	size_t i;

	*pickle = NULL;
	for (i = 0; i < t->zip.n; i++) {
		slash = strchr(t->zip.list[i].name, '/');
		if (slash == NULL || strcmp(slash, "/data.pkl") != 0)
			continue;
		if (*pickle != NULL)
			return ee_fail(err, EE_EFORMAT, "%s: %s and %s: not "
				       "what torch.save writes", t->path,
				       (*pickle)->name, t->zip.list[i].name);
		*pickle = &t->zip.list[i];
		*prefix = (size_t)(slash - t->zip.list[i].name);
	}
	if (*pickle == NULL)
		return ee_fail(err, EE_EFORMAT, "%s: a zip archive without "
			       "data.pkl: not what torch.save writes",
			       t->path);
	if (find(t, (*pickle)->name, *prefix, "constants.pkl") != NULL)
		return ee_fail(err, EE_EINPUT, "%s: is a TorchScript program, "
			       "which is not run", t->path);
	return EE_OK;
}

/* The text in a small member, without its newline; "" without the member. */
static enum ee_status
read_word(struct ee_torch *t, const struct ee_zip_member *m, char word[32],
	  struct ee_err *err)
{
	const unsigned char *data = NULL;

	word[0] = '\0';
	if (m == NULL)
		return EE_OK;
	if (m->size >= 32)
		return ee_fail(err, EE_EFORMAT, "%s: member '%s' has %llu "
			       "bytes, not one word", t->path, m->name,
			       (unsigned long long)m->size);
	TRY(ee_zip_get(&t->zip, m, &t->arena, &data, err));
	memcpy(word, data, (size_t)m->size);
	word[m->size] = '\0';
	word[strcspn(word, "\n")] = '\0';
	return EE_OK;
}

static enum ee_status
check_format(struct ee_torch *t, const char *name, size_t prefix,
	     struct ee_err *err)
{
	char word[32];
	int64_t version;

	TRY(read_word(t, find(t, name, prefix, "byteorder"), word, err));
	if (word[0] != '\0' && strcmp(word, "little") != 0)
		return ee_fail(err, EE_EINPUT, "%s: byte order '%s'; only "
			       "little-endian files are read", t->path,
			       word);
	TRY(read_word(t, find(t, name, prefix, "version"), word, err));
	if (word[0] != '\0' && !ee_parse_int(word, 1, NEWEST, &version))
		return ee_fail(err, EE_EINPUT, "%s: version '%s' of the "
			       "format; 1 to %d are read", t->path, word,
			       NEWEST);
	return EE_OK;
}

static int
by_key(const void *a, const void *b)
{
	const struct ee_torch_storage *x = a, *y = b;

	return strcmp(x->key, y->key);
}

/* The members below <prefix>/data/ */
static enum ee_status
list_storages(struct ee_torch *t, const char *name, size_t prefix,
	      struct ee_err *err)
{
	static const char folder[] = "/data/";
	size_t i;

	t->storages = ee_calloc(t->zip.n, sizeof(*t->storages), err);
	if (t->storages == NULL)
		return EE_ENOMEM;
	for (i = 0; i < t->zip.n; i++) {
		const struct ee_zip_member *m = &t->zip.list[i];

		if (strncmp(m->name, name, prefix) != 0 ||
		    strncmp(m->name + prefix, folder, strlen(folder)) != 0)
			continue;
		t->storages[t->nstorages].key = m->name + prefix +
						strlen(folder);
		t->storages[t->nstorages].size = (size_t)m->size;
		t->storages[t->nstorages++].member = m;
	}
	return EE_OK;
}

/* The bytes of a storage: mapped if they can be, else a copy. */
static enum ee_status
load(struct ee_torch *t, struct ee_torch_storage *s, struct ee_err *err)
{
	const unsigned char *data = s->raw;
	unsigned char *copy;

	if (s->member != NULL)
		data = ee_zip_stored(&t->zip, s->member);
	if (data == NULL) {
		TRY(ee_zip_get(&t->zip, s->member, &t->arena, &data, err));
	} else if ((uintptr_t)data % sizeof(double) != 0) {
		copy = ee_arena_alloc(&t->arena, s->size, 64);
		if (copy == NULL)
			return ee_arena_check(&t->arena, err);
		memcpy(copy, data, s->size);
		data = copy;
	}
	s->data = data;
	return EE_OK;
}

enum ee_status
ee_torch_storage(struct ee_torch *t, const char *key,
		 struct ee_torch_storage **out, struct ee_err *err)
{
	const struct ee_torch_storage want = { .key = key };

	*out = NULL;
	if (t->nstorages > 0)
		*out = bsearch(&want, t->storages, t->nstorages,
			       sizeof(want), by_key);
	if (*out == NULL)
		return ee_fail(err, EE_EFORMAT, "storage '%s' is not in the "
			       "archive", key);
	return (*out)->data != NULL ? EE_OK : load(t, *out, err);
}

enum ee_status
ee_torch_read_object(struct ee_torch *t, const unsigned char *data,
		     size_t size, struct ee_err *err)
{
	const struct ee_pickle_known known = {
		t, ee_torch_classes, ee_torch_persistent
	};

	qsort(t->storages, t->nstorages, sizeof(*t->storages), by_key);
	return ee_pickle_parse(&t->arena, data, size, t->path, &known,
			       &t->root, &t->foreign, err);
}

static enum ee_status
open_archive(struct ee_torch *t, const char *path, struct ee_err *err)
{
	const struct ee_zip_member *pickle;
	const unsigned char *data = NULL;
	struct ee_arena unpacked = { 0 };
	enum ee_status status;
	size_t prefix = 0;

	TRY(ee_zip_read(&t->zip, path, &t->old, err));
	t->path = t->zip.path;
	t->budget = ((size_t)64 << 20) + 8 * t->zip.file.size;
	TRY(find_pickle(t, &pickle, &prefix, err));
	TRY(check_format(t, pickle->name, prefix, err));
	TRY(list_storages(t, pickle->name, prefix, err));
	status = ee_zip_get(&t->zip, pickle, &unpacked, &data, err);
	if (status == EE_OK)
		status = ee_torch_read_object(t, data, (size_t)pickle->size,
					      err);
	ee_arena_free(&unpacked);
	return status;
}

enum ee_status
ee_torch_open(struct ee_torch *t, const char *path, struct ee_err *err)
{
	enum { TAR_AT = 257 };
	const struct ee_mapped *file = &t->old;
	enum ee_status status;

	memset(t, 0, sizeof(*t));
	TRY(ee_map_file(&t->old, path, err));
	if (file->size > 1 && file->data[0] == 0x80)	/* a pickle */
		status = ee_torch_open_old(t, path, err);
	else if (file->size > TAR_AT + 5 &&
		 memcmp(file->data + TAR_AT, "ustar", 5) == 0)
		status = ee_fail(err, EE_EINPUT, "%s: is in the format that "
				 "torch wrote before version 0.1.10, which is "
				 "not read; convert it in Python: "
				 "torch.save(torch.load(f), f)", path);
	else
		status = open_archive(t, path, err);
	if (status != EE_OK)
		ee_torch_close(t);
	return status;
}

void
ee_torch_close(struct ee_torch *t)
{
	free(t->storages);
	ee_zip_close(&t->zip);
	ee_unmap_file(&t->old);
	ee_arena_free(&t->arena);
	memset(t, 0, sizeof(*t));
}

static enum ee_status
check(const struct ee_torch *t, const struct ee_torch_storage *s,
      struct ee_err *err)
{
	struct ee_arena unpacked = { 0 };
	const unsigned char *data;
	enum ee_status status;

	if (s->member == NULL)
		return EE_OK;
	status = ee_zip_get(&t->zip, s->member, &unpacked, &data, err);
	ee_arena_free(&unpacked);
	return status;
}

enum ee_status
ee_torch_check(const struct ee_torch *t, struct ee_err *err)
{
	size_t i;

	for (i = 0; i < t->nstorages; i++)
		TRY(check(t, &t->storages[i], err));
	return EE_OK;
}

enum ee_status
ee_torch_check_tensor(const struct ee_torch *t,
		      const struct ee_tensor *tensor, struct ee_err *err)
{
	const uintptr_t at = (uintptr_t)tensor->data;
	size_t i;

	for (i = 0; i < t->nstorages; i++) {
		const struct ee_torch_storage *s = &t->storages[i];

		if (s->data != NULL && at - (uintptr_t)s->data < s->size)
			return check(t, s, err);
	}
	return ee_torch_check(t, err);
}

static int
by_name(const void *a, const void *b)
{
	const struct ee_named *x = a, *y = b;

	return strcmp(x->name, y->name);
}

enum ee_status
ee_torch_tensors(const struct ee_torch *t, struct ee_named **list, size_t *n,
		 struct ee_err *err)
{
	const struct ee_value *root = &t->root;
	const char *path = t->path;
	struct ee_named *named;
	size_t i;

	*list = NULL;
	*n = 0;
	if (t->foreign.n > 0)
		return ee_fail(err, EE_EINPUT, "%s: holds an object of class "
			       "%s, which is not run: weights are tensors and "
			       "nothing else", path,
			       t->foreign.u.list[0].u.text);
	if (root->type != EE_MAP)
		return ee_fail(err, EE_EINPUT, "%s: holds %s, not a dict of "
			       "tensors", path, ee_type_name(root->type));
	for (i = 0; i < root->n; i++)
		if (root->u.map[i].value.type != EE_TENSOR)
			return ee_fail(err, EE_EINPUT, "%s: '%s' is %s, not a "
				       "tensor", path, root->u.map[i].key,
				       ee_type_name(
				       root->u.map[i].value.type));
	named = ee_calloc(root->n, sizeof(*named), err);
	if (named == NULL)
		return EE_ENOMEM;
	for (i = 0; i < root->n; i++) {
		named[i].name = root->u.map[i].key;
		named[i].tensor = root->u.map[i].value.u.tensor;
	}
	qsort(named, root->n, sizeof(*named), by_name);
	*list = named;
	*n = root->n;
	return EE_OK;
}
