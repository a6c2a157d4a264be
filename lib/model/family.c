/* family.c - the table of families.  See family.h. */
#include "model/family.h"

#include <stdio.h>
#include <string.h>

#define CONTAINER EE_W_NONE, EE_NO_BIAS
#define WHOLE EE_AT_NOWHERE, EE_AT_NOWHERE

static const struct ee_module gpt2_layer[] = {
	{ "", CONTAINER, EE_AT_IN, EE_AT_OUT },
	{ "ln_1", EE_W_NORM1, EE_BIAS, EE_AT_IN, EE_AT_NORM1 },
	{ "attn", CONTAINER, EE_AT_NORM1, EE_AT_ATTN },
	{ "attn.c_attn", EE_W_QKV, EE_BIAS, EE_AT_NORM1, EE_AT_QKV },
	{ "attn.c_proj", EE_W_PROJ, EE_BIAS, EE_AT_HEADS, EE_AT_ATTN },
	{ "ln_2", EE_W_NORM2, EE_BIAS, EE_AT_MID, EE_AT_NORM2 },
	{ "mlp", CONTAINER, EE_AT_NORM2, EE_AT_MLP },
	{ "mlp.c_fc", EE_W_UP, EE_BIAS, EE_AT_NORM2, EE_AT_UP },
	{ "mlp.act", CONTAINER, EE_AT_UP, EE_AT_KEY },
	{ "mlp.c_proj", EE_W_DOWN, EE_BIAS, EE_AT_KEY, EE_AT_MLP },
	{ NULL, CONTAINER, WHOLE },
};

static const struct ee_module gpt2_whole[] = {
	{ "transformer.wte", EE_W_EMBED, EE_NO_BIAS, WHOLE },
	{ "transformer.wpe", EE_W_POSITION, EE_NO_BIAS, WHOLE },
	{ "transformer.ln_f", EE_W_FINAL, EE_BIAS, WHOLE },
	{ "lm_head", EE_W_HEAD, EE_NO_BIAS, WHOLE },
	{ NULL, CONTAINER, WHOLE },
};

static const struct ee_module gptj_layer[] = {
	{ "", CONTAINER, EE_AT_IN, EE_AT_OUT },
	{ "ln_1", EE_W_NORM1, EE_BIAS, EE_AT_IN, EE_AT_NORM1 },
	{ "attn", CONTAINER, EE_AT_NORM1, EE_AT_ATTN },
	{ "attn.q_proj", EE_W_Q, EE_NO_BIAS, EE_AT_NORM1, EE_AT_Q },
	{ "attn.k_proj", EE_W_K, EE_NO_BIAS, EE_AT_NORM1, EE_AT_K },
	{ "attn.v_proj", EE_W_V, EE_NO_BIAS, EE_AT_NORM1, EE_AT_V },
	{ "attn.out_proj", EE_W_PROJ, EE_NO_BIAS, EE_AT_HEADS, EE_AT_ATTN },
	{ "mlp", CONTAINER, EE_AT_NORM1, EE_AT_MLP },
	{ "mlp.fc_in", EE_W_UP, EE_BIAS, EE_AT_NORM1, EE_AT_UP },
	{ "mlp.act", CONTAINER, EE_AT_UP, EE_AT_KEY },
	{ "mlp.fc_out", EE_W_DOWN, EE_BIAS, EE_AT_KEY, EE_AT_MLP },
	{ NULL, CONTAINER, WHOLE },
};

static const struct ee_module gptj_whole[] = {
	{ "transformer.wte", EE_W_EMBED, EE_NO_BIAS, WHOLE },
	{ "transformer.ln_f", EE_W_FINAL, EE_BIAS, WHOLE },
	{ "lm_head", EE_W_HEAD, EE_BIAS, WHOLE },
	{ NULL, CONTAINER, WHOLE },
};

static const struct ee_module neox_layer[] = {
	{ "", CONTAINER, EE_AT_IN, EE_AT_OUT },
	{ "input_layernorm", EE_W_NORM1, EE_BIAS, EE_AT_IN, EE_AT_NORM1 },
	{ "attention", CONTAINER, EE_AT_NORM1, EE_AT_ATTN },
	{ "attention.query_key_value", EE_W_QKV, EE_MAYBE_BIAS, EE_AT_NORM1,
	  EE_AT_QKV },
	{ "attention.dense", EE_W_PROJ, EE_MAYBE_BIAS, EE_AT_HEADS,
	  EE_AT_ATTN },
	{ "post_attention_layernorm", EE_W_NORM2, EE_BIAS, EE_AT_MID,
	  EE_AT_NORM2 },
	{ "mlp", CONTAINER, EE_AT_NORM2, EE_AT_MLP },
	{ "mlp.dense_h_to_4h", EE_W_UP, EE_BIAS, EE_AT_NORM2, EE_AT_UP },
	{ "mlp.act", CONTAINER, EE_AT_UP, EE_AT_KEY },
	{ "mlp.dense_4h_to_h", EE_W_DOWN, EE_BIAS, EE_AT_KEY, EE_AT_MLP },
	{ NULL, CONTAINER, WHOLE },
};

static const struct ee_module neox_whole[] = {
	{ "gpt_neox.embed_in", EE_W_EMBED, EE_NO_BIAS, WHOLE },
	{ "gpt_neox.final_layer_norm", EE_W_FINAL, EE_BIAS, WHOLE },
	{ "embed_out", EE_W_HEAD, EE_NO_BIAS, WHOLE },
	{ NULL, CONTAINER, WHOLE },
};

static const struct ee_module llama_layer[] = {
	{ "", CONTAINER, EE_AT_IN, EE_AT_OUT },
	{ "input_layernorm", EE_W_NORM1, EE_NO_BIAS, EE_AT_IN, EE_AT_NORM1 },
	{ "self_attn", CONTAINER, EE_AT_NORM1, EE_AT_ATTN },
	{ "self_attn.q_proj", EE_W_Q, EE_MAYBE_BIAS, EE_AT_NORM1, EE_AT_Q },
	{ "self_attn.k_proj", EE_W_K, EE_MAYBE_BIAS, EE_AT_NORM1, EE_AT_K },
	{ "self_attn.v_proj", EE_W_V, EE_MAYBE_BIAS, EE_AT_NORM1, EE_AT_V },
	{ "self_attn.o_proj", EE_W_PROJ, EE_MAYBE_BIAS, EE_AT_HEADS,
	  EE_AT_ATTN },
	{ "post_attention_layernorm", EE_W_NORM2, EE_NO_BIAS, EE_AT_MID,
	  EE_AT_NORM2 },
	{ "mlp", CONTAINER, EE_AT_NORM2, EE_AT_MLP },
	{ "mlp.gate_proj", EE_W_GATE, EE_MAYBE_BIAS, EE_AT_NORM2,
	  EE_AT_GATE },
	{ "mlp.act_fn", CONTAINER, EE_AT_GATE, EE_AT_GATE_ACT },
	{ "mlp.up_proj", EE_W_UP, EE_MAYBE_BIAS, EE_AT_NORM2, EE_AT_UP },
	{ "mlp.down_proj", EE_W_DOWN, EE_MAYBE_BIAS, EE_AT_KEY, EE_AT_MLP },
	{ NULL, CONTAINER, WHOLE },
};

static const struct ee_module llama_whole[] = {
	{ "model.embed_tokens", EE_W_EMBED, EE_NO_BIAS, WHOLE },
	{ "model.norm", EE_W_FINAL, EE_NO_BIAS, WHOLE },
	{ "lm_head", EE_W_HEAD, EE_NO_BIAS, WHOLE },
	{ NULL, CONTAINER, WHOLE },
};

static const struct ee_family families[] = {
	{ .model_type = "gpt2", .layer = "transformer.h.%zu",
	  .prefix = "transformer.", .in_major = true, .rotary = EE_LEARNED,
	  .residual = EE_SEQUENTIAL, .qkv = EE_QKV_THIRDS, .tied = true,
	  .activation = "gelu_new", .modules = gpt2_layer,
	  .whole = gpt2_whole },
	{ .model_type = "gptj", .layer = "transformer.h.%zu",
	  .prefix = "transformer.", .rotary = EE_ROTATE_PAIRS,
	  .residual = EE_PARALLEL_SHARED, .qkv = EE_QKV_APART,
	  .activation = "gelu_new", .modules = gptj_layer,
	  .whole = gptj_whole },
	{ .model_type = "gpt_neox", .layer = "gpt_neox.layers.%zu",
	  .prefix = "gpt_neox.", .rotary = EE_ROTATE_HALVES,
	  .residual = EE_PARALLEL, .qkv = EE_QKV_BY_HEAD,
	  .activation = "gelu", .modules = neox_layer, .whole = neox_whole },
	{ .model_type = "llama", .layer = "model.layers.%zu",
	  .prefix = "model.", .rms = true, .rotary = EE_ROTATE_HALVES,
	  .residual = EE_SEQUENTIAL, .qkv = EE_QKV_APART, .gated = true,
	  .activation = "silu", .modules = llama_layer,
	  .whole = llama_whole },
	{ .model_type = "mistral", .layer = "model.layers.%zu",
	  .prefix = "model.", .rms = true, .rotary = EE_ROTATE_HALVES,
	  .residual = EE_SEQUENTIAL, .qkv = EE_QKV_APART, .gated = true,
	  .window = EE_WINDOW, .activation = "silu",
	  .modules = llama_layer, .whole = llama_whole },
	{ .model_type = "qwen2", .layer = "model.layers.%zu",
	  .prefix = "model.", .rms = true, .rotary = EE_ROTATE_HALVES,
	  .residual = EE_SEQUENTIAL, .qkv = EE_QKV_APART, .gated = true,
	  .window = EE_WINDOW_IF_ASKED, .activation = "silu",
	  .modules = llama_layer, .whole = llama_whole },
};

enum { FAMILIES = sizeof(families) / sizeof(families[0]) };

const struct ee_family *
ee_family(const char *model_type)
{
	size_t i;

	for (i = 0; i < FAMILIES; i++)
		if (strcmp(families[i].model_type, model_type) == 0)
			return &families[i];
	return NULL;
}

void
ee_family_list(char *text, size_t size)
{
	size_t i, used = 0;

	text[0] = '\0';
	for (i = 0; i < FAMILIES && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 i ? ", " : "",
					 families[i].model_type);
}
