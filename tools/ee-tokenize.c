/*
 * ee-tokenize - text to token ids with the model's own tokenizer, and back
 *
 * reads   text, one document a line; with --field JSON lines or a JSON list;
 *         with -d a tokens stream
 * writes  tokens: id (document number), ids i4 (n), text with --keep-text;
 *         with -d text, one line per record
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "detokenize.h"
#include "file/json.h"
#include "text/corpus.h"
#include "text/tokenizer.h"
#include "tool.h"

static const char usage[] =
	"usage: ee-tokenize -m DIR [-hqv] [options] [FILE...] > tokens\n"
	"       ee-tokenize -m DIR -d [--field NAME] < tokens\n"
	"  -m, --model DIR       the model, or its tokenizer files alone\n"
	"  -d, --decode          tokens back to text\n"
	"      --field NAME      documents are this field of JSON records\n"
	"      --sample N        N documents drawn at random\n"
	"      --seed S          of the sample (1)\n"
	"      --shard I/N       every N-th document, from the I-th on\n"
	"      --skip N          leave out the first N\n"
	"      --resume FILE     ... as many as this checkpoint has counted\n"
	"      --max-length N    at most N tokens each (model's positions)\n"
	"      --keep-text       put the text into the records too\n"
	"      --no-bos          leave out what the tokenizer adds (BOS)\n"
	"      --version\n";

struct options {
	const char *model, *resume;
	bool decode, keep_text, no_bos;
	int64_t max_length;	/* 0: not given */
	int64_t skip;
	struct ee_corpus_options corpus;
};

enum { FIELD = 2000, SAMPLE, SEED, SHARD, SKIP, RESUME, LENGTH, TEXT, NO_BOS };

static void
parse_option(struct tool *tool, struct options *opt, int c)
{
	switch (c) {
	case 'm': opt->model = optarg; break;
	case 'd': opt->decode = true; break;
	case FIELD: opt->corpus.field = optarg; break;
	case SAMPLE:
		opt->corpus.sample = tool_int(tool, "--sample", optarg, 1,
					      INT64_MAX);
		break;
	case SEED:
		opt->corpus.seed = (uint64_t)tool_int(tool, "--seed", optarg,
						      0, INT64_MAX);
		break;
	case SHARD:
		tool_part(tool, "--shard", optarg, &opt->corpus.shard,
			  &opt->corpus.shards);
		break;
	case SKIP:
		opt->skip = tool_int(tool, "--skip", optarg, 0, INT64_MAX);
		break;
	case RESUME: opt->resume = optarg; break;
	case LENGTH:
		opt->max_length = tool_int(tool, "--max-length", optarg, 1,
					   INT32_MAX);
		break;
	case TEXT: opt->keep_text = true; break;
	case NO_BOS: opt->no_bos = true; break;
	default: tool_option(tool, c, optarg);
	}
}

static struct options
parse_options(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = {
		TOOL_LONG, { "model", 1, 0, 'm' }, { "decode", 0, 0, 'd' },
		{ "field", 1, 0, FIELD }, { "sample", 1, 0, SAMPLE },
		{ "seed", 1, 0, SEED }, { "shard", 1, 0, SHARD },
		{ "skip", 1, 0, SKIP }, { "resume", 1, 0, RESUME },
		{ "max-length", 1, 0, LENGTH }, { "keep-text", 0, 0, TEXT },
		{ "no-bos", 0, 0, NO_BOS }, { 0, 0, 0, 0 }
	};
	struct options opt = {
		.corpus = { .seed = 1, .shard = 1, .shards = 1 }
	};
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT "m:d", longs,
				NULL)) != -1)
		parse_option(tool, &opt, c);
	if (opt.model == NULL)
		tool_misuse(tool, "no model: want -m DIR");
	if (opt.resume != NULL && opt.skip > 0)
		tool_misuse(tool, "--skip and --resume exclude each other");
	if (opt.decode && optind < argc)
		tool_misuse(tool, "-d reads standard input only");
	opt.corpus.files = argv + optind;
	opt.corpus.n_files = (size_t)(argc - optind);
	return opt;
}

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
read_config(struct tool *tool, struct options *opt, const char **name)
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
read_checkpoint(struct tool *tool, struct options *opt)
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
put_header(struct tool *tool, const struct options *opt, const char *name,
	   const struct ee_tokenizer *tok, int64_t total)
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
put_document(struct tool *tool, const struct options *opt,
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
encode_all(struct tool *tool, const struct options *opt,
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

static enum ee_status
encode(struct tool *tool, struct options *opt, const struct ee_tokenizer *tok)
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

int
main(int argc, char **argv)
{
	struct tool tool = { .name = "ee-tokenize", .usage = usage };
	struct ee_tokenizer *tok;
	struct options opt;
	enum ee_status status;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	status = ee_tokenizer_open(&tok, opt.model, &tool.warn, &tool.err);
	if (status == EE_OK)
		status = opt.decode ? detokenize(&tool, tok, opt.corpus.field)
				    : encode(&tool, &opt, tok);
	ee_tokenizer_close(tok);
	return tool_finish(&tool, status);
}
