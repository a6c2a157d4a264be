/* massrecord.c - a target as a record, and targets that were found before.
 * See masstargets.h. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "masstargets.h"
#include "massvstar.h"

size_t
mass_last_layer(const struct session *s)
{
	return s->hparams.layers[s->hparams.nlayers - 1];
}

struct ee_value
mass_target_record(struct session *s, const struct mass_case *c,
		   const struct ee_target *t)
{
	static const char *const ended[] = {
		[EE_RAN_OUT] = "ran out of steps",
		[EE_CONVERGED] = "converged", [EE_SAID] = "said",
	};
	const struct ee_target_loss *last = &t->losses[t->used - 1];
	const size_t d = s->model->config.d;
	struct ee_arena *a = &s->arena;
	struct ee_value r = ee_map();

	ee_arena_reset(a);
	ee_put(a, &r, "case", ee_text(c->request.id));
	ee_put(a, &r, "request", ee_plain_value(a, &c->plain));
	ee_put(a, &r, "layer", ee_int((int64_t)mass_last_layer(s)));
	ee_put(a, &r, "at", ee_text("layer"));
	ee_put(a, &r, "v", ee_tensor(ee_tensor_2d(EE_F32, c->z, d, 0)));
	ee_put(a, &r, "v0", ee_tensor(ee_tensor_2d(EE_F32, c->v0, d, 0)));
	ee_put(a, &r, "steps", ee_int(t->used));
	ee_put(a, &r, "ended", ee_text(ended[t->end]));
	ee_put(a, &r, "loss", ee_real(last->nll + last->kl + last->decay));
	ee_put(a, &r, "p_before", ee_real(t->p_before));
	ee_put(a, &r, "p_after", ee_real(t->p_after));
	return r;
}

/* One record, to every case of its name. */
static enum ee_status
take_target(struct session *s, const struct ee_value *record,
	    const char *path, struct mass_case *cases, size_t n)
{
	const struct ee_value *request = ee_get(record, "request");
	const size_t d = s->model->config.d;
	struct ee_err *err = &s->tool->err;
	const char *name, *at;
	struct ee_tensor v;
	int64_t layer;
	enum ee_status status;
	size_t i;

	status = ee_get_text(record, "case", &name, path, err);
	if (status == EE_OK)
		status = ee_get_int(record, "layer", 0, INT32_MAX, &layer,
				    path, err);
	if (status == EE_OK)
		status = ee_get_text(record, "at", &at, path, err);
	if (status == EE_OK)
		status = ee_get_tensor(record, "v", EE_F32, 1, &v, path, err);
	if (status != EE_OK)
		return status;
	if ((size_t)layer != mass_last_layer(s) || strcmp(at, "layer") != 0 ||
	    v.shape[0] != d)
		return ee_fail(err, EE_EMATCH, "%s: case %s: the target is "
			       "for %s %lld, of %zu; wanted is layer %zu, of "
			       "%zu", path, name, at, (long long)layer,
			       v.shape[0], mass_last_layer(s), d);
	for (i = 0; i < n && status == EE_OK; i++) {
		if (strcmp(cases[i].request.id, name) != 0)
			continue;
		if (request != NULL)
			status = ee_plain_check(&cases[i].plain, request,
						path, err);
		memcpy(cases[i].z, v.data, d * sizeof(*cases[i].z));
		cases[i].found = true;
	}
	return status;
}

static enum ee_status
read_all(struct session *s, struct ee_reader *in, const char *path,
	 struct mass_case *cases, size_t n)
{
	const struct ee_value *record;
	enum ee_status status;

	status = ee_model_check(s->model, ee_reader_header(in), path,
				s->opt->model.force, &s->tool->warn,
				&s->tool->err);
	while (status == EE_OK) {
		status = ee_reader_next(in, &record, &s->tool->err);
		if (status == EE_OK)
			status = take_target(s, record, path, cases, n);
	}
	return status == EE_END ? EE_OK : status;
}

static enum ee_status
read_file(struct session *s, int fd, const char *path,
	  struct mass_case *cases, size_t n)
{
	struct ee_reader *in;
	enum ee_status status = ee_reader_open(&in, fd, path, "targets",
					       &s->tool->err);

	if (status == EE_OK) {
		status = read_all(s, in, path, cases, n);
		ee_reader_close(in);
	}
	return status;
}

/* Those that have none; where there is not one, that is no accident. */
static enum ee_status
tell_missing(struct session *s, const char *path, bool folder, bool strict,
	     const struct mass_case *cases, size_t n)
{
	const size_t layer = mass_last_layer(s);
	enum ee_status status = EE_OK;
	char file[128] = "";
	size_t i, found = 0;

	for (i = 0; i < n; i++)
		found += cases[i].found;
	for (i = 0; i < n && status == EE_OK; i++) {
		if (cases[i].found)
			continue;
		if (folder)
			snprintf(file, sizeof(file), " (a file *_layer_%zu_"
				 "clamp_%g_case_%s.npz)", layer,
				 s->hparams.clamp, cases[i].request.id);
		status = ee_fail(&s->tool->err, EE_EINPUT, "%s: no target of "
				 "layer %zu for case %s%s", path, layer,
				 cases[i].request.id, file);
		status = mass_cases_bad(s, cases[i].number,
					strict || found == 0, status);
	}
	return status;
}

enum ee_status
mass_targets_read(struct session *s, const char *path, bool strict,
		  struct mass_case *cases, size_t n)
{
	enum ee_status status;
	bool folder;
	struct stat st;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return ee_fail_sys(&s->tool->err, "%s", path);
	folder = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
	if (folder)
		status = mass_vstar_read(s, path, cases, n);
	else
		status = read_file(s, fd, path, cases, n);
	close(fd);
	return status == EE_OK ? tell_missing(s, path, folder, strict,
						cases, n) : status;
}
