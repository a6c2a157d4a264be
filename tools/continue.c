/* continue.c - texts continued by a model, and printed.  See continue.h. */
#include "continue.h"

#include <stdlib.h>
#include <string.h>

#include "file/json.h"

static enum ee_status
print_text(struct tool *tool, const struct continuation *how,
	   const struct ee_tokenizer *tok, const char *prompt,
	   const struct ee_sequence *s, size_t given)
{
	char *text = NULL;
	size_t len, room = 0;
	enum ee_status status = ee_decode(tok, s->ids + given, s->n - given,
					  true, &text, &len, &room,
					  &tool->err);

	if (status == EE_OK && how->json) {
		struct ee_value v = ee_map();

		ee_put(&tool->arena, &v, "prompt", ee_text(prompt));
		ee_put(&tool->arena, &v, "text", ee_text_n(text, len));
		ee_put(&tool->arena, &v, "tokens",
		       ee_int((int64_t)(s->n - given)));
		ee_put(&tool->arena, &v, "ended", ee_logic(s->ended));
		ee_json_write(stdout, &v);
		putchar('\n');
	} else if (status == EE_OK) {
		printf("%s", prompt);
		fwrite(text, 1, len, stdout);
		putchar('\n');
	}
	free(text);
	return status;
}

static enum ee_status
encode_prompt(struct tool *tool, const struct continuation *how,
	      const struct ee_model *model, const struct ee_tokenizer *tok,
	      const char *prompt, struct ee_sequence *s)
{
	struct ee_ids ids = { 0 };
	enum ee_status status = ee_encode(tok, prompt, strlen(prompt), 0,
					  &ids, &tool->err);

	if (status == EE_OK && ids.n == 0 && model->config.bos < 0)
		status = ee_fail(&tool->err, EE_EINPUT, "an empty prompt");
	s->n = ids.n > 0 ? ids.n : 1;
	s->most = s->n + (size_t)how->tokens;
	s->stop = model->config.eos;
	s->ids = ee_calloc(s->most, sizeof(*s->ids), &tool->err);
	if (s->ids == NULL)
		status = EE_ENOMEM;
	if (status == EE_OK && ids.n > 0)
		memcpy(s->ids, ids.ids, ids.n * sizeof(*s->ids));
	else if (status == EE_OK)
		s->ids[0] = model->config.bos;
	ee_ids_free(&ids);
	return status;
}

enum ee_status
continue_texts(struct tool *tool, const struct continuation *how,
	       const struct ee_model *model, const struct ee_tokenizer *tok,
	       char *const *prompts, size_t n)
{
	struct ee_sequence *seq = ee_calloc(n, sizeof(*seq), &tool->err);
	struct ee_sampling sampling = how->sampling;
	size_t *given = ee_calloc(n, sizeof(*given), &tool->err), i;
	struct ee_random random;
	enum ee_status status = seq && given ? EE_OK : EE_ENOMEM;

	sampling.vocab = ee_tokenizer_size(tok);
	ee_random_seed(&random, (uint64_t)how->seed);
	for (i = 0; i < n && status == EE_OK; i++) {
		status = encode_prompt(tool, how, model, tok, prompts[i],
				       &seq[i]);
		given[i] = seq[i].n;
	}
	if (status == EE_OK)
		status = ee_generate(model, &sampling, &random, seq, n,
				     &tool->err);
	for (i = 0; i < n && status == EE_OK; i++)
		status = print_text(tool, how, tok, prompts[i], &seq[i],
				    given[i]);
	for (i = 0; seq != NULL && i < n; i++)
		free(seq[i].ids);
	free(seq);
	free(given);
	return status;
}
