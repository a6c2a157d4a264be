/* massvstar.c - targets from the files that MEMIT keeps them in: a folder of
 * <data set>_layer_<layer>_clamp_<factor>_case_<id>.npz, each with an array
 * v_star (d).  See masstargets.h. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file/npz.h"
#include "massvstar.h"
#include "math/vec.h"

struct name {
	unsigned long long layer;
	double clamp;
	const char *id;		/* as long as the name */
	size_t n;
};

/* False if a file's name is none of that kind. */
static bool
parse_name(const char *file, struct name *name)
{
	const size_t n = strlen(file);
	const char *at = strstr(file, "layer_");
	char *end;

	if (at == NULL || n < 4 || strcmp(file + n - 4, ".npz") != 0)
		return false;
	name->layer = strtoull(at + strlen("layer_"), &end, 10);
	if (strncmp(end, "_clamp_", strlen("_clamp_")) != 0)
		return false;
	name->clamp = strtod(end + strlen("_clamp_"), &end);
	if (strncmp(end, "_case_", strlen("_case_")) != 0)
		return false;
	name->id = end + strlen("_case_");
	name->n = (size_t)(file + n - 4 - name->id);
	return true;
}

static enum ee_status
load(struct session *s, const char *path, struct mass_case *c)
{
	const size_t d = s->model->config.d;
	struct ee_err *err = &s->tool->err;
	struct ee_arena arena = { 0 };
	struct ee_value v;
	struct ee_npz npz;
	enum ee_status status = ee_npz_open(&npz, path, err);
	size_t i;

	if (status != EE_OK)
		return status;
	status = ee_npz_get(&npz, "v_star", &arena, &v, err);
	if (status == EE_OK && (v.type != EE_TENSOR || v.u.tensor.ndim != 1 ||
				v.u.tensor.shape[0] != d))
		status = ee_fail(err, EE_EMATCH, "%s: v_star is not of shape "
				 "(%zu,)", path, d);
	for (i = 0; i < d && status == EE_OK; i++)
		c->z[i] = (float)ee_tensor_at(&v.u.tensor, i);
	if (status == EE_OK && !ee_all_finite(d, c->z))
		status = ee_fail(err, EE_EFORMAT, "%s: v_star is not finite",
				 path);
	c->found = status == EE_OK;
	ee_arena_free(&arena);
	ee_npz_close(&npz);
	return status;
}

static enum ee_status
take_file(struct session *s, const char *dir, const char *file,
	  struct mass_case *cases, size_t n)
{
	struct name name;
	char *path;
	enum ee_status status = EE_OK;
	size_t i;

	if (!parse_name(file, &name) || name.layer != mass_last_layer(s) ||
	    (float)name.clamp != (float)s->hparams.clamp)
		return EE_OK;
	if (asprintf(&path, "%s/%s", dir, file) < 0)
		return ee_fail(&s->tool->err, EE_ENOMEM, "out of memory");
	for (i = 0; i < n && status == EE_OK; i++)
		if (strlen(cases[i].request.id) == name.n &&
		    memcmp(cases[i].request.id, name.id, name.n) == 0)
			status = load(s, path, &cases[i]);
	free(path);
	return status;
}

enum ee_status
mass_vstar_read(struct session *s, const char *dir, struct mass_case *cases,
		size_t n)
{
	DIR *folder = opendir(dir);
	const struct dirent *entry;
	enum ee_status status = EE_OK;

	if (folder == NULL)
		return ee_fail_sys(&s->tool->err, "%s", dir);
	while (status == EE_OK && (entry = readdir(folder)) != NULL)
		status = take_file(s, dir, entry->d_name, cases, n);
	closedir(folder);
	return status;
}
