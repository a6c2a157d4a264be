/* evalcache.c - base results kept for later.  See evalwork.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evalwork.h"

/* To be raised when the same questions get other results. */
enum { VERSION = 1 };

static uint64_t
hash_asks(const struct ee_ask *asks, size_t n)
{
	uint64_t h = EE_HASH_START;
	size_t i;

	for (i = 0; i < n; i++) {
		const uint64_t sizes[] = { asks[i].n, asks[i].asked };

		h = ee_hash(h, sizes, sizeof(sizes));
		h = ee_hash(h, asks[i].ids, asks[i].n * sizeof(int32_t));
	}
	return h;
}

/* The draws of a text depend on its case's name. */
static uint64_t
hash_cases(const struct ee_exam *exam)
{
	uint64_t h = EE_HASH_START;
	size_t i;

	for (i = 0; i < exam->ncases; i++) {
		h = ee_hash(h, exam->cases[i].id,
			    strlen(exam->cases[i].id) + 1);
		h = ee_hash(h, &(uint64_t){ exam->cases[i].n },
			    sizeof(uint64_t));
	}
	return h;
}

/* Model, questions and options in words, in the tool's arena. */
static const char *
key_of(struct eval *e)
{
	const struct ee_exam *x = &e->exam;
	const struct eval_options *o = e->opt;

	return ee_arena_printf(&e->tool->arena, "version %d, model %016"
		PRIx64 ", tokenizer %016" PRIx64 ", %s, %zu cases %016"
		PRIx64 ", %zu asks %016" PRIx64 ", generated %lld, texts %zu "
		"%016" PRIx64 " length %lld top %lld seed %lld", (int)VERSION,
		e->model->print, ee_tokenizer_fingerprint(e->tok),
		ee_data_format_names[x->format], x->ncases, hash_cases(x),
		x->nasks, hash_asks(x->asks, x->nasks),
		(long long)(o->generate ? o->tokens : 0), x->essays.n,
		hash_asks(x->essays.topics, x->essays.n),
		(long long)(o->fluency ? o->length : 0),
		(long long)(o->fluency ? o->top_k : 0),
		(long long)(o->fluency ? o->seed : 0));
}

static const char *
path_of(struct eval *e, const char *key)
{
	return ee_arena_printf(&e->tool->arena, "%s/%016" PRIx64 ".ee",
		e->opt->cache, ee_hash(EE_HASH_START, key, strlen(key)));
}

static enum ee_status
take(struct eval *e, const struct ee_value *record, const char *path)
{
	struct ee_exam *x = &e->exam;
	struct ee_err *err = &e->tool->err;
	enum ee_status status = ee_exam_take(x, EE_BEFORE, record, path, err);

	if (status == EE_OK &&
	    ((e->opt->generate && x->written[EE_BEFORE] == NULL) ||
	     (e->opt->fluency && x->essays.text[EE_BEFORE] == NULL)))
		status = ee_fail(err, EE_EFORMAT, "%s: texts are missing",
				 path);
	return status;
}

static enum ee_status
read_base(struct eval *e, int fd, const char *path, const char *key)
{
	struct ee_err *err = &e->tool->err;
	const struct ee_value *record;
	struct ee_reader *in;
	const char *of;
	enum ee_status status = ee_reader_open(&in, fd, path, "base", err);

	if (status != EE_OK)
		return status;
	status = ee_get_text(ee_reader_header(in), "of", &of, path, err);
	if (status == EE_OK && strcmp(of, key) != 0)
		status = ee_fail(err, EE_EMATCH, "%s: of another model or "
				 "other questions", path);
	if (status == EE_OK)
		status = ee_reader_next(in, &record, err);
	if (status == EE_OK)
		status = take(e, record, path);
	else if (status == EE_END)
		status = ee_fail(err, EE_EFORMAT, "%s: holds nothing", path);
	if (status == EE_OK) {
		status = ee_reader_next(in, &record, err);
		if (status == EE_OK)
			status = ee_fail(err, EE_EFORMAT, "%s: holds more "
					 "than one result", path);
		else if (status == EE_END)
			status = EE_OK;
	}
	ee_reader_close(in);
	return status;
}

enum ee_status
base_get(struct eval *e, bool *found)
{
	struct ee_err *err = &e->tool->err;
	const char *key = key_of(e), *path = path_of(e, key);
	enum ee_status status = ee_arena_check(&e->tool->arena, err);
	int fd;

	*found = false;
	if (status != EE_OK)
		return status;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? EE_OK : ee_fail_sys(err, "%s", path);
	status = read_base(e, fd, path, key);
	close(fd);
	*found = status == EE_OK;
	if (status == EE_OK || status == EE_ENOMEM)
		return status;
	ee_exam_forget(&e->exam, EE_BEFORE);
	ee_warn(&e->tool->warn, "%s; computed again", err->text);
	return EE_OK;
}

enum ee_status
base_put(struct eval *e)
{
	struct tool *tool = e->tool;
	const char *key = key_of(e), *path = path_of(e, key);
	struct ee_value extra = ee_header_extra(&tool->arena, NULL,
						tool->command);
	const struct ee_value record = ee_exam_record(&e->exam, EE_BEFORE,
						      &tool->arena);
	enum ee_status status;

	ee_put(&tool->arena, &extra, "model", e->before);
	ee_put(&tool->arena, &extra, "of", ee_text(key));
	status = ee_arena_check(&tool->arena, &tool->err);
	if (status == EE_OK && mkdir(e->opt->cache, 0777) != 0 &&
	    errno != EEXIST)
		status = ee_fail_sys(&tool->err, "%s", e->opt->cache);
	return status != EE_OK ? status :
	       tool_keep(tool, path, "base", &extra, &record);
}
