/* session.c - what the editing tools do alike.  See session.h. */
#include "session.h"

#include <getopt.h>
#include <string.h>

void
session_defaults(struct session_options *opt)
{
	memset(opt, 0, sizeof(*opt));
	opt->requests = "-";
	opt->seed = 1;
	opt->ridge = -1;
}

void
session_option(struct tool *tool, struct session_options *opt, int c,
	       char *arg)
{
	switch (c) {
	case 'p': opt->hparams = arg; break;
	case OPT_STATS: opt->stats = arg; break;
	case OPT_TEMPLATES: opt->templates = arg; break;
	case OPT_SAVE_TEMPLATES: opt->save_templates = arg; break;
	case OPT_SEED:
		opt->seed = tool_int(tool, "--seed", arg, 0, INT64_MAX);
		break;
	case OPT_LIKE:
		opt->like_said = true;
		opt->like_easyedit = tool_second(tool, "--like", arg, "rome",
						 "easyedit");
		break;
	case OPT_RIDGE:
		opt->ridge = tool_real(tool, "--ridge", arg, 0, 1e6);
		break;
	default:
		if (!model_option(tool, &opt->model, c, arg))
			tool_option(tool, c, arg);
	}
}

void
session_arguments(struct tool *tool, struct session_options *opt, int argc,
		  char **argv)
{
	if (optind < argc)
		opt->requests = argv[optind++];
	if (optind < argc)
		tool_misuse(tool, "unexpected argument '%s'", argv[optind]);
	if (opt->model.dir == NULL)
		tool_misuse(tool, "which model? (-m DIR)");
	if (opt->hparams == NULL)
		tool_misuse(tool, "which hyper-parameters? (-p HPARAMS)");
	if (opt->ridge < 0)	/* the references have none */
		opt->ridge = opt->like_said ? 0 : 1e-4;
}

static enum ee_status
open_templates(struct session *s)
{
	struct tool *tool = s->tool;
	const struct ee_hparams *h = &s->hparams;
	enum ee_status status;

	if (s->opt->templates != NULL)
		status = ee_templates_read(&s->templates, s->opt->templates,
					   &tool->err);
	else
		status = ee_templates_sample(&s->templates, s->model, s->tok,
					     h->nlengths, h->length, h->count,
					     (uint64_t)s->opt->seed,
					     &tool->err);
	if (status == EE_OK && s->opt->save_templates != NULL)
		status = ee_templates_write(&s->templates,
					    s->opt->save_templates,
					    &tool->err);
	return status;
}

/* Hyper-parameters of another method are not taken for ours. */
static enum ee_status
check_alg(struct session *s)
{
	const char *const *alg = s->opt->algs;

	if (alg != NULL && s->hparams.alg_name[0] == '\0')
		s->hparams.alg_name = *alg;
	for (; alg != NULL; alg++) {
		if (*alg == NULL)
			return ee_fail(&s->tool->err, EE_EMATCH, "%s: "
				       "hyper-parameters of %.80s, not of %s",
				       s->opt->hparams, s->hparams.alg_name,
				       s->opt->algs[0]);
		if (strcmp(*alg, s->hparams.alg_name) == 0)
			break;
	}
	return EE_OK;
}

static enum ee_status
read_inputs(struct session *s)
{
	struct tool *tool = s->tool;
	const struct session_options *opt = s->opt;
	enum ee_status status;

	status = ee_hparams_read(&s->hparams, opt->hparams, &tool->warn,
				 &tool->err);
	if (status == EE_OK)
		status = check_alg(s);
	if (status == EE_OK && !s->hparams.mom2_given)
		s->hparams.mom2_adjustment = !opt->like_easyedit;
	return status == EE_OK ? model_requests(tool, opt->requests,
						&s->requests) : status;
}

enum ee_status
session_open(struct session *s, struct tool *tool,
	     const struct session_options *opt)
{
	enum ee_status status;

	memset(s, 0, sizeof(*s));
	s->tool = tool;
	s->opt = opt;
	status = read_inputs(s);
	if (status == EE_OK)
		status = model_open_both(tool, &opt->model, &s->model,
					 &s->tok);
	if (status == EE_OK) {
		status = ee_hparams_check(&s->hparams, s->model, &tool->err);
		if (status != EE_OK)
			status = ee_within(&tool->err, status, "%s",
					   opt->hparams);
	}
	return status == EE_OK ? open_templates(s) : status;
}

void
session_close(struct session *s)
{
	ee_templates_free(&s->templates);
	ee_hparams_free(&s->hparams);
	ee_tokenizer_close(s->tok);
	ee_model_close(s->model);
	ee_arena_free(&s->arena);
}
