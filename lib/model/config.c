/* config.c - the shape of a model.  See config.h. */
#include "model/config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/try.h"
#include "base/value.h"
#include "file/json.h"

struct source {
	const struct ee_value *map;
	const char *where;
	struct ee_err *err;
};

/* The first of several spellings that is there and not null. */
static const char *
spelling(const struct source *s, const char *const *keys)
{
	const struct ee_value *v;

	for (; *keys != NULL; keys++) {
		v = ee_get(s->map, *keys);
		if (v != NULL && v->type != EE_NULL)
			return *keys;
	}
	return NULL;
}

/* A size from one of 'keys'; 'otherwise' where none is there, unless 0. */
static enum ee_status
get_size(const struct source *s, const char *const *keys, size_t otherwise,
	 size_t *out)
{
	const char *key = spelling(s, keys);
	enum ee_status status;
	int64_t v;

	if (key == NULL && otherwise > 0) {
		*out = otherwise;
		return EE_OK;
	}
	status = ee_get_int(s->map, key ? key : keys[0], 1, 1 << 30, &v,
			    s->where, s->err);
	if (status == EE_OK)
		*out = (size_t)v;
	return status;
}

static enum ee_status
get_number(const struct source *s, const char *const *keys, double min,
	   double otherwise, double *out)
{
	const char *key = spelling(s, keys);

	*out = otherwise;
	return key == NULL ? EE_OK :
	       ee_get_real(s->map, key, min, 1e12, out, s->where, s->err);
}

static enum ee_status
get_flag(const struct source *s, const char *key, bool otherwise, bool *out)
{
	const char *const keys[] = { key, NULL };

	*out = otherwise;
	return spelling(s, keys) == NULL ? EE_OK :
	       ee_get_logic(s->map, key, out, s->where, s->err);
}

#define KEYS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static enum ee_status
read_sizes(struct ee_config *c, const struct source *s)
{
	double eps;

	TRY(get_size(s, KEYS("n_layer", "num_hidden_layers", "num_layers"),
		     0, &c->layers));
	TRY(get_size(s, KEYS("n_embd", "hidden_size"), 0, &c->d));
	TRY(get_size(s, KEYS("n_head", "num_attention_heads"), 0, &c->heads));
	TRY(get_size(s, KEYS("num_key_value_heads"), c->heads,
		     &c->kv_heads));
	if (spelling(s, KEYS("head_dim")) == NULL && c->d % c->heads != 0)
		return ee_fail(s->err, EE_EFORMAT, "%s: hidden size %zu is "
			       "no multiple of %zu heads", s->where, c->d,
			       c->heads);
	TRY(get_size(s, KEYS("head_dim"), c->d / c->heads, &c->head));
	if (c->heads % c->kv_heads != 0)
		return ee_fail(s->err, EE_EFORMAT, "%s: %zu heads cannot "
			       "share %zu key/value heads", s->where,
			       c->heads, c->kv_heads);
	TRY(get_size(s, KEYS("n_inner", "intermediate_size", "ffn_dim"),
		     4 * c->d, &c->f));
	TRY(get_size(s, KEYS("vocab_size"), 0, &c->vocab));
	TRY(get_size(s, KEYS("n_positions", "max_position_embeddings",
			     "n_ctx"), 0, &c->positions));
	TRY(get_number(s, KEYS("layer_norm_epsilon", "layer_norm_eps",
			       "rms_norm_eps"), 0, c->family->rms ? 1e-6 : 1e-5,
		       &eps));
	c->norm_eps = (float)eps;
	return EE_OK;
}

static enum ee_status
read_activation(struct ee_config *c, const struct source *s)
{
	static const struct {
		const char *name;
		enum ee_activation act;
	} known[] = {
		{ "gelu_new", EE_GELU_TANH }, { "gelu_fast", EE_GELU_TANH },
		{ "gelu_pytorch_tanh", EE_GELU_TANH },
		{ "gelu", EE_GELU_ERF }, { "silu", EE_SILU },
		{ "swish", EE_SILU }, { "relu", EE_RELU },
	};
	const char *key = spelling(s, KEYS("activation_function",
					   "hidden_act"));
	const char *name = c->family->activation;
	size_t i;

	if (key != NULL)
		TRY(ee_get_text(s->map, key, &name, s->where, s->err));
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, name) == 0) {
			c->activation = known[i].act;
			return EE_OK;
		}
	}
	return ee_fail(s->err, EE_EINPUT, "%s: activation '%s' is not known "
		       "(gelu_new, gelu_fast, gelu_pytorch_tanh, gelu, silu, "
		       "relu)", s->where, name);
}

/* The scaling map of rotary positions: rope_scaling or rope_parameters. */
static enum ee_status
read_scaling(struct ee_config *c, const struct source *s)
{
	const char *key = spelling(s, KEYS("rope_type", "type"));
	const char *type = "default";
	size_t original;

	if (key != NULL)
		TRY(ee_get_text(s->map, key, &type, s->where, s->err));
	if (strcmp(type, "default") == 0)
		return EE_OK;
	c->llama3 = strcmp(type, "llama3") == 0;
	if (!c->llama3 && strcmp(type, "linear") != 0)
		return ee_fail(s->err, EE_EINPUT, "%s: rotary scaling '%s' is "
			       "not known (default, linear, llama3)",
			       s->where, type);
	TRY(ee_get_real(s->map, "factor", 1e-6, 1e6, &c->factor, s->where,
			s->err));
	if (!c->llama3)
		return EE_OK;
	TRY(ee_get_real(s->map, "low_freq_factor", 1e-6, 1e6, &c->low,
			s->where, s->err));
	TRY(ee_get_real(s->map, "high_freq_factor", 1e-6, 1e6, &c->high,
			s->where, s->err));
	TRY(get_size(s, KEYS("original_max_position_embeddings"), 0,
		     &original));
	c->original = (double)original;
	return EE_OK;
}

static enum ee_status
read_rotary(struct ee_config *c, const struct source *s)
{
	const char *key = spelling(s, KEYS("rope_parameters",
					   "rope_scaling"));
	struct source inner = { NULL, s->where, s->err };
	double part;

	c->factor = 1;
	if (c->family->rotary == EE_LEARNED)
		return EE_OK;
	TRY(get_number(s, KEYS("rope_theta", "rotary_emb_base"), 1, 10000,
		       &c->theta));
	TRY(get_number(s, KEYS("rotary_pct", "partial_rotary_factor"), 0, 1,
		       &part));
	if (key != NULL) {
		inner.map = ee_get(s->map, key);
		TRY(get_number(&inner, KEYS("rope_theta"), 1, c->theta,
			       &c->theta));
		TRY(get_number(&inner, KEYS("partial_rotary_factor"), 0,
			       part, &part));
		TRY(read_scaling(c, &inner));
	}
	c->rotary = (size_t)((double)c->head * part);
	TRY(get_size(s, KEYS("rotary_dim"), c->rotary ? c->rotary : 1,
		     &c->rotary));
	if (c->rotary > c->head || c->rotary % 2 != 0)
		return ee_fail(s->err, EE_EFORMAT, "%s: %zu rotary "
			       "dimensions of a head of %zu", s->where,
			       c->rotary, c->head);
	return EE_OK;
}

/* How far back attention sees.  In some models it is all layers but the
 * first few that slide: that is not computed here. */
static enum ee_status
read_window(struct ee_config *c, const struct source *s)
{
	const enum ee_window kind = c->family->window;
	bool asked = kind == EE_WINDOW;
	size_t first = 0;

	if (kind == EE_WINDOW_IF_ASKED)
		TRY(get_flag(s, "use_sliding_window", false, &asked));
	if (!asked || spelling(s, KEYS("sliding_window")) == NULL)
		return EE_OK;
	TRY(get_size(s, KEYS("sliding_window"), 0, &c->window));
	if (kind == EE_WINDOW_IF_ASKED)
		TRY(get_size(s, KEYS("max_window_layers"), 28, &first));
	if (first >= c->layers)
		c->window = 0;
	else if (first > 0)
		return ee_fail(s->err, EE_EINPUT, "%s: a sliding window in "
			       "the layers from %zu on only is not computed "
			       "here", s->where, first);
	return EE_OK;
}

/* A token id; some files hold a list, of which the first counts. */
static int32_t
special(const struct source *s, const char *key)
{
	const struct ee_value *v = ee_get(s->map, key);

	if (v != NULL && v->type == EE_LIST && v->n > 0)
		v = &v->u.list[0];
	if (v == NULL || v->type != EE_INT || v->u.integer < 0 ||
	    v->u.integer > INT32_MAX)
		return -1;
	return (int32_t)v->u.integer;
}

static enum ee_status
read_family(struct ee_config *c, const struct source *s)
{
	const char *type;
	char known[256];
	bool parallel;

	TRY(ee_get_text(s->map, "model_type", &type, s->where, s->err));
	c->family = ee_family(type);
	if (c->family == NULL) {
		ee_family_list(known, sizeof(known));
		return ee_fail(s->err, EE_EINPUT, "%s: model_type '%s' is not "
			       "known (%s)", s->where, type, known);
	}
	c->residual = c->family->residual;
	TRY(get_flag(s, "use_parallel_residual", true, &parallel));
	if (!parallel)
		c->residual = EE_SEQUENTIAL;
	TRY(get_flag(s, "tie_word_embeddings", c->family->tied, &c->tied));
	TRY(get_flag(s, "scale_attn_weights", true, &c->scale_scores));
	return get_flag(s, "scale_attn_by_inverse_layer_idx", false,
			&c->scale_by_layer);
}

/* _name_or_path where it says something, else the folder's own name. */
static void
read_name(struct ee_config *c, const struct source *s, const char *dir)
{
	const struct ee_value *v = ee_get(s->map, "_name_or_path");
	size_t end = strlen(dir), begin;

	if (v != NULL && v->type == EE_TEXT && v->n > 0) {
		snprintf(c->name, sizeof(c->name), "%s", v->u.text);
		return;
	}
	while (end > 1 && dir[end - 1] == '/')
		end--;
	for (begin = end; begin > 0 && dir[begin - 1] != '/'; begin--)
		continue;
	snprintf(c->name, sizeof(c->name), "%.*s", (int)(end - begin),
		 dir + begin);
}

enum ee_status
ee_config_read(struct ee_config *config, const char *dir, struct ee_err *err)
{
	struct ee_arena arena = { 0 };
	struct ee_value json;
	struct source s = { &json, NULL, err };
	char path[4096];
	enum ee_status status;

	memset(config, 0, sizeof(*config));
	snprintf(path, sizeof(path), "%s/config.json", dir);
	s.where = path;
	status = ee_json_read(&arena, path, &json, err);
	if (status == EE_OK)
		status = read_family(config, &s);
	if (status == EE_OK)
		status = read_sizes(config, &s);
	if (status == EE_OK)
		status = read_activation(config, &s);
	if (status == EE_OK)
		status = read_rotary(config, &s);
	if (status == EE_OK)
		status = read_window(config, &s);
	if (status == EE_OK) {
		config->bos = special(&s, "bos_token_id");
		config->eos = special(&s, "eos_token_id");
		read_name(config, &s, dir);
	}
	ee_arena_free(&arena);
	return status;
}

size_t
ee_site_width(const struct ee_config *c, enum ee_site site)
{
	switch (site) {
	case EE_AT_QKV: return (c->heads + 2 * c->kv_heads) * c->head;
	case EE_AT_Q:
	case EE_AT_HEADS: return c->heads * c->head;
	case EE_AT_K:
	case EE_AT_V: return c->kv_heads * c->head;
	case EE_AT_GATE:
	case EE_AT_GATE_ACT:
	case EE_AT_UP:
	case EE_AT_KEY: return c->f;
	default: return c->d;
	}
}

bool
ee_is_norm(enum ee_role role)
{
	return role == EE_W_NORM1 || role == EE_W_NORM2 ||
	       role == EE_W_FINAL;
}

void
ee_role_shape(const struct ee_config *c, enum ee_role role, size_t *out,
	      size_t *in)
{
	*in = c->d;
	*out = c->d;
	switch (role) {
	case EE_W_QKV: *out = ee_site_width(c, EE_AT_QKV); break;
	case EE_W_Q: *out = ee_site_width(c, EE_AT_Q); break;
	case EE_W_K:
	case EE_W_V: *out = ee_site_width(c, EE_AT_K); break;
	case EE_W_PROJ: *in = ee_site_width(c, EE_AT_HEADS); break;
	case EE_W_GATE:
	case EE_W_UP: *out = c->f; break;
	case EE_W_DOWN: *in = c->f; break;
	case EE_W_EMBED:
	case EE_W_HEAD: *out = c->vocab; break;
	case EE_W_POSITION: *out = c->positions; break;
	default: break;
	}
}

/* The llama3 rule: long wavelengths are slowed by 'factor', short ones not,
 * those between are interpolated (Llama 3.1, 2024). */
static double
llama3_scaled(const struct ee_config *c, double inv)
{
	const double wave = 2 * 3.14159265358979323846 / inv;
	double smooth;

	if (wave < c->original / c->high)
		return inv;
	if (wave > c->original / c->low)
		return inv / c->factor;
	smooth = (c->original / wave - c->low) / (c->high - c->low);
	return (1 - smooth) * inv / c->factor + smooth * inv;
}

void
ee_rotary_frequencies(const struct ee_config *c, double *inv)
{
	size_t i;

	for (i = 0; i < c->rotary / 2; i++) {
		inv[i] = pow(c->theta, -2.0 * (double)i / (double)c->rotary);
		inv[i] = c->llama3 ? llama3_scaled(c, inv[i])
				   : inv[i] / c->factor;
	}
}
