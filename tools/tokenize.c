/* tokenize.c - documents to a tokens stream.  See tokenize.h. */
#include "tokenize.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/progress.h"
#include "file/json.h"

/* The last part of a path. */
static const char *
folder_name(struct ee_arena *arena, const char *path)
{
	size_t end = strlen(path), begin;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (begin = end; begin > 0 && path[begin - 1] != '/'; begin--)
		continue;
	return ee_arena_text(arena, path + begin, end - begin);
}

/* What the folder's config.json says, if it is there: the model's name (else
 * the folder's) and its positions, the default of --max-length. */
static enum ee_status
read_config(struct tool *tool, struct tokenize_options *opt, const char **name)
{
	static const char *const keys[] = {
		"n_positions", "max_position_embeddings", "n_ctx"
	};
	const char *path = ee_arena_printf(&tool->arena, "%s/config.json",
					   opt->model);
	struct ee_value config;
	const struct ee_value *v;
	enum ee_status status;
	size_t i;

	*name = folder_name(&tool->arena, opt->model);
	if (path == NULL || access(path, F_OK) != 0)
		return ee_arena_check(&tool->arena, &tool->err);
	status = ee_json_read(&tool->arena, path, &config, &tool->err);
	if (status != EE_OK)
		return status;
	v = ee_get(&config, "_name_or_path");
	if (v != NULL && v->type == EE_TEXT && v->n > 0)
		*name = v->u.text;
	for (i = 0; i < 3 && opt->max_length == 0; i++) {
		v = ee_get(&config, keys[i]);
		if (v != NULL && v->type == EE_INT && v->u.integer > 0)
			opt->max_length = v->u.integer;
	}
	return EE_OK;
}

/* The checkpoint's count of documents; none if there is no such file. */
static enum ee_status
read_checkpoint(struct tool *tool, struct tokenize_options *opt)
{
	const int fd = open(opt->resume, O_RDONLY | O_CLOEXEC);
	struct ee_reader *reader;
	enum ee_status status;

	if (fd < 0 && errno == ENOENT)
		return EE_OK;
	if (fd < 0)
		return ee_fail_sys(&tool->err, "%s", opt->resume);
	status = ee_reader_open(&reader, fd, opt->resume, "stats",
				&tool->err);
	if (status == EE_OK)
		status = ee_get_int(ee_reader_header(reader), "documents", 0,
				    INT64_MAX, &opt->skip, opt->resume,
				    &tool->err);
	ee_reader_close(reader);
	close(fd);
	return status;
}

static enum ee_status
put_header(struct tool *tool, const struct tokenize_options *opt,
	   const char *name, const struct ee_tokenizer *tok, int64_t total)
{
	const struct ee_corpus_options *c = &opt->corpus;
	const char *file = c->n_files > 0 ? c->files[0] : "-";
	struct ee_arena *a = &tool->arena;
	struct ee_value extra = ee_header_extra(a, NULL, tool->command);
	struct ee_value model = ee_map(), corpus = ee_map();

	ee_put(a, &model, "name", ee_text(name));
	ee_put(a, &model, "tokenizer", ee_text(ee_arena_printf(a, "%016llx",
	       (unsigned long long)ee_tokenizer_fingerprint(tok))));
	ee_put(a, &extra, "model", model);
	ee_put(a, &corpus, "name", ee_text(strcmp(file, "-") == 0 ? "stdin"
					   : folder_name(a, file)));
	if (total >= 0)
		ee_put(a, &corpus, "documents", ee_int(total));
	if (c->sample > 0) {
		ee_put(a, &corpus, "sample", ee_int(c->sample));
		ee_put(a, &corpus, "seed", ee_int((int64_t)c->seed));
	}
	ee_put(a, &corpus, "shard", ee_text(ee_arena_printf(a, "%lld/%lld",
	       (long long)c->shard, (long long)c->shards)));
	if (opt->max_length > 0)
		ee_put(a, &corpus, "max_length", ee_int(opt->max_length));
	ee_put(a, &corpus, "skip", ee_int(opt->skip));
	ee_put(a, &extra, "corpus", corpus);
	if (ee_arena_check(a, &tool->err) != EE_OK)
		return EE_ENOMEM;
	return tool_out(tool, "tokens", &extra);
}

static enum ee_status
put_document(struct tool *tool, const struct tokenize_options *opt,
	     const struct ee_document *doc, const struct ee_ids *ids)
{
	size_t n = ids->n;
	struct ee_pair pairs[3] = { { "id", ee_int(doc->id) } };
	const struct ee_value record = {
		.type = EE_MAP, .n = opt->keep_text ? 3 : 2, .u.map = pairs
	};

	if (opt->max_length > 0 && n > (uint64_t)opt->max_length)
		n = (size_t)opt->max_length;
	pairs[1] = (struct ee_pair){
		"ids", ee_tensor(ee_tensor_2d(EE_I32, ids->ids, n, 0))
	};
	pairs[2] = (struct ee_pair){ "text", ee_text_n(doc->text, doc->len) };
	return ee_writer_put(tool->out, &record, &tool->err);
}

static enum ee_status
encode_all(struct tool *tool, const struct tokenize_options *opt,
	   const struct ee_tokenizer *tok, struct ee_corpus *corpus)
{
	const unsigned flags = opt->no_bos ? EE_ENCODE_NO_BOS : 0;
	int64_t empty = 0, repaired = 0, skip = opt->skip;
	struct ee_progress progress;
	struct ee_document doc;
	struct ee_ids ids = {0};
	enum ee_status status;

	ee_progress_start(&progress, tool_progress(tool), "tokens", 0);
	while ((status = ee_corpus_next(corpus, &doc, &tool->err)) == EE_OK) {
		ids.n = 0;
		status = ee_encode(tok, doc.text, doc.len, flags, &ids,
				   &tool->err);
		if (status == EE_OK && ids.n > 0 && skip-- <= 0)
			status = put_document(tool, opt, &doc, &ids);
		if (status != EE_OK)
			break;
		empty += ids.n == 0;
		repaired += doc.repaired;
		ee_progress_add(&progress, (double)ids.n);
	}
	ee_progress_end(&progress);
	ee_ids_free(&ids);
	if (status == EE_END && empty > 0)
		ee_warn(&tool->warn, "empty documents left out: %lld",
			(long long)empty);
	if (status == EE_END && repaired > 0)
		ee_warn(&tool->warn, "documents that are not UTF-8, with "
			"U+FFFD for what is not: %lld", (long long)repaired);
	return status == EE_END ? EE_OK : status;
}

enum ee_status
tokenize(struct tool *tool, struct tokenize_options *opt,
	 const struct ee_tokenizer *tok)
{
	struct ee_corpus *corpus = NULL;
	enum ee_status status;
	const char *name = NULL;

	status = read_config(tool, opt, &name);
	if (status == EE_OK && opt->resume != NULL)
		status = read_checkpoint(tool, opt);
	if (status == EE_OK)
		status = ee_corpus_open(&corpus, &opt->corpus, &tool->err);
	if (status == EE_OK)
		status = put_header(tool, opt, name, tok,
				    ee_corpus_total(corpus));
	if (status == EE_OK)
		status = encode_all(tool, opt, tok, corpus);
	ee_corpus_close(corpus);
	return status;
}
