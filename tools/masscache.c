/* masscache.c - a folder of targets.  See masscache.h. */
#include "masscache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* To be raised when the same inputs give another target. */
static const char version[] = "target 1";

static uint64_t
hash_number(uint64_t hash, double number)
{
	return ee_hash(hash, &number, sizeof(number));
}

static uint64_t
hash_spot(uint64_t hash, const struct ee_spot *spot, size_t n)
{
	hash = hash_number(hash, (double)n);
	hash = hash_number(hash, (double)spot->at);
	return ee_hash(hash, spot->ids, n * sizeof(*spot->ids));
}

static uint64_t
key_of(const struct session *s, const struct ee_target_params *p,
       const struct mass_case *c)
{
	const double numbers[] = { (double)p->layer, (double)p->at,
		(double)p->steps, p->lr, p->weight_decay, p->clamp,
		p->kl_factor, (double)p->stop, (double)c->prompts.nrows,
		(double)c->prompts.target.n };
	uint64_t hash = ee_hash(EE_HASH_START, version, sizeof(version));
	size_t i;

	hash = ee_hash(hash, &s->model->print, sizeof(s->model->print));
	hash = ee_hash(hash, numbers, sizeof(numbers));
	for (i = 0; i < c->prompts.nrows; i++)
		hash = hash_spot(hash, &c->prompts.rows[i],
				 c->prompts.rows[i].n);
	hash = hash_spot(hash, &c->prompts.kl, c->prompts.kl.at + 1);
	return ee_hash(hash, c->prompts.target.ids, c->prompts.target.n *
		       sizeof(*c->prompts.target.ids));
}

static char *
path_of(struct session *s, const char *dir, const struct ee_target_params *p,
	const struct mass_case *c)
{
	char *path;

	if (asprintf(&path, "%s/%016" PRIx64 ".ee", dir,
		     key_of(s, p, c)) < 0) {
		(void)ee_fail(&s->tool->err, EE_ENOMEM, "out of memory");
		return NULL;
	}
	return path;
}

enum ee_status
mass_cache_put(struct session *s, const char *dir,
	       const struct ee_target_params *params,
	       const struct mass_case *c, const struct ee_value *record)
{
	struct tool *tool = s->tool;
	const struct ee_value extra = model_header(tool, s->model, NULL);
	char *path = path_of(s, dir, params, c);
	enum ee_status status = EE_ENOMEM;

	if (path != NULL)
		status = tool_keep(tool, path, "targets", &extra, record);
	free(path);
	return status;
}

/* The record of an open stream, to the case and, with 'put', to the output */
static enum ee_status
take(struct session *s, struct ee_reader *in, const char *path,
     struct mass_case *c, bool put)
{
	const size_t d = s->model->config.d;
	struct ee_err *err = &s->tool->err;
	const struct ee_value *record;
	struct ee_value named;
	struct ee_tensor v;
	enum ee_status status = ee_reader_next(in, &record, err);

	if (status == EE_OK)
		status = ee_get_tensor(record, "v", EE_F32, 1, &v, path, err);
	if (status == EE_OK && v.shape[0] != d)
		status = ee_fail(err, EE_EMATCH, "%s: a target of %zu, want "
				 "%zu", path, v.shape[0], d);
	if (status != EE_OK)
		return status == EE_END ? ee_fail(err, EE_EFORMAT, "%s: holds "
						  "no target", path) : status;
	memcpy(c->z, v.data, d * sizeof(*c->z));
	ee_arena_reset(&s->arena);
	named = ee_copy(&s->arena, record);
	ee_set(&s->arena, &named, "case", ee_text(c->request.id));
	ee_set(&s->arena, &named, "request",
	       ee_plain_value(&s->arena, &c->plain));
	status = ee_reader_next(in, &record, err);
	if (status != EE_END)
		return status != EE_OK ? status : ee_fail(err, EE_EFORMAT,
				"%s: holds more than one target", path);
	c->found = true;
	return put ? ee_writer_put(s->tool->out, &named, err) : EE_OK;
}

/* EE_OK, c->found and c->z; EE_END if there is none; a file that cannot be
 * read is a notice and none. */
static enum ee_status
get(struct session *s, const char *dir, const struct ee_target_params *params,
    struct mass_case *c, bool put)
{
	struct ee_err *err = &s->tool->err;
	char *path = path_of(s, dir, params, c);
	struct ee_reader *in;
	enum ee_status status = EE_END;
	int fd;

	if (path == NULL)
		return EE_ENOMEM;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		status = ee_reader_open(&in, fd, path, "targets", err);
		if (status == EE_OK) {
			status = take(s, in, path, c, put);
			ee_reader_close(in);
		}
		close(fd);
	}
	free(path);
	if (status == EE_OK || status == EE_ENOMEM || c->found)
		return status;
	if (status != EE_END)
		ee_warn(&s->tool->warn, "%s; finding it anew", err->text);
	return EE_END;
}

enum ee_status
mass_cache_take(struct session *s, const char *dir,
		const struct ee_target_params *params,
		struct mass_case *cases, size_t n, bool put)
{
	enum ee_status status = EE_OK;
	size_t i, hits = 0;

	if (mkdir(dir, 0777) != 0 && errno != EEXIST)
		return ee_fail_sys(&s->tool->err, "%s", dir);
	for (i = 0; i < n && status == EE_OK; i++) {
		if (cases[i].found != put)
			continue;
		status = get(s, dir, params, &cases[i], put);
		hits += status == EE_OK;
		if (status == EE_END)
			status = put ? ee_fail(&s->tool->err, EE_EIO, "%s: a "
				"target has gone", dir) : EE_OK;
	}
	if (status == EE_OK && !put && hits > 0)
		ee_warn(&s->tool->warn, "%zu of %zu targets are in %s", hits,
			n, dir);
	return status;
}
