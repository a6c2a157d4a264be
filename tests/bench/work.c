/*
 * work - what ee-forward must compute for a stream of tokens
 *
 * usage: work MODEL LAYERS BATCH < tokens
 *
 * Prints tokens, tree nodes (shared beginnings once) and GFLOP: 2 for each
 * weight that a node is multiplied with, up to the keys of the last of
 * LAYERS layers, and 4 for each number of a key that its attention reads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "model/config.h"
#include "model/trie.h"
#include "stream/stream.h"

struct work {
	struct ee_config config;
	size_t layers, batch;
	struct ee_trie trie;
	size_t waiting;		/* tokens in the tree */
	double tokens, nodes, flops;
};

static void
end_batch(struct work *w)
{
	const struct ee_config *c = &w->config;
	const double d = (double)c->d, f = (double)c->f;
	const double q = (double)ee_site_width(c, EE_AT_HEADS);
	const double kv = 2 * (double)ee_site_width(c, EE_AT_K);
	const double layers = (double)w->layers;
	const double up = c->family->gated ? 2 * d * f : d * f;
	size_t i;

	w->nodes += (double)w->trie.n;
	w->flops += 2 * (double)w->trie.n * (layers * (d * (q + kv) + q * d +
						       up) +
					     (layers - 1) * f * d);
	for (i = 0; i < w->trie.n; i++)
		w->flops += 4 * layers * q * (w->trie.depth[i] + 1.0);
	ee_trie_reset(&w->trie);
	w->waiting = 0;
}

static enum ee_status
add(struct work *w, const struct ee_value *record, struct ee_err *err)
{
	struct ee_tensor ids;
	enum ee_status status;
	size_t n;

	status = ee_get_tensor(record, "ids", EE_I32, 1, &ids, "tokens", err);
	if (status != EE_OK)
		return status;
	n = ids.shape[0];
	if (w->waiting > 0 && w->waiting + n > w->batch)
		end_batch(w);
	w->waiting += n;
	w->tokens += (double)n;
	return ee_trie_insert(&w->trie, EE_NO_NODE, ids.data, n, NULL, err);
}

int
main(int argc, char **argv)
{
	struct work w = { .layers = 0 };
	const struct ee_value *record;
	struct ee_reader *in = NULL;
	struct ee_err err;
	enum ee_status status;

	if (argc != 4) {
		fputs("usage: work MODEL LAYERS BATCH < tokens\n", stderr);
		return 2;
	}
	w.layers = strtoul(argv[2], NULL, 10);
	w.batch = strtoul(argv[3], NULL, 10);
	status = ee_config_read(&w.config, argv[1], &err);
	if (status == EE_OK)
		status = ee_reader_open(&in, STDIN_FILENO, "tokens", "tokens",
					&err);
	while (status == EE_OK) {
		status = ee_reader_next(in, &record, &err);
		if (status == EE_OK)
			status = add(&w, record, &err);
	}
	end_batch(&w);
	ee_reader_close(in);
	ee_trie_free(&w.trie);
	if (status != EE_END) {
		fprintf(stderr, "work: %s\n", err.text);
		return 1;
	}
	printf("%.0f %.0f %.1f\n", w.tokens, w.nodes, w.flops * 1e-9);
	return 0;
}
