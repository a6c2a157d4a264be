/* statname.c - the names of statistics files.  See statname.h. */
#include "stats/statname.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "stats/collect.h"

static const enum ee_dtype precisions[] = { EE_F32, EE_F64, EE_F16 };

char *
ee_statname_format(struct ee_arena *arena, const struct ee_statname *name)
{
	char stats[64], size[32] = "";

	ee_collect_text(name->collect, '-', stats);
	if (name->sample_size >= 0)
		snprintf(size, sizeof(size), "_%" PRId64, name->sample_size);
	return ee_arena_printf(arena, "%s_%s_%s%s.npz", name->layer,
			       ee_dtype_name(name->precision), stats, size);
}

/* "mean-mom2-norm_mean", "mom2_100", "mom2_t{batch_tokens}_100" */
static bool
parse_tail(const char *tail, struct ee_statname *out)
{
	/* what the Python tools write for a limit of tokens */
	static const char literal[] = "_t{batch_tokens}";
	const char *name = "";
	char digits[24];
	unsigned bit;
	size_t n;

	out->collect = 0;
	for (;;) {
		for (bit = 1; bit <= EE_COLLECT_CORR; bit <<= 1) {
			name = ee_collect_name((enum ee_collect)bit);
			if (strncmp(tail, name, strlen(name)) == 0)
				break;
		}
		if (bit > EE_COLLECT_CORR)
			return false;
		out->collect |= bit;
		tail += strlen(name);
		if (*tail != '-')
			break;
		tail++;
	}
	out->sample_size = -1;
	if (strncmp(tail, literal, strlen(literal)) == 0)
		tail += strlen(literal);
	else if (tail[0] == '_' && tail[1] == 't')
		tail += 2 + strspn(tail + 2, "0123456789");
	if (*tail == '_') {
		n = strspn(++tail, "0123456789");
		if (n == 0 || n >= sizeof(digits))
			return false;
		memcpy(digits, tail, n);
		digits[n] = '\0';
		if (!ee_parse_int(digits, 0, INT64_MAX, &out->sample_size))
			return false;
		tail += n;
	}
	return strcmp(tail, ".npz") == 0;
}

bool
ee_statname_parse(struct ee_arena *arena, const char *file,
		  struct ee_statname *out)
{
	const char *p, *tail;
	char mark[16];
	unsigned i;

	for (p = strchr(file, '_'); p != NULL; p = strchr(p + 1, '_')) {
		for (i = 0; i < 3; i++) {
			snprintf(mark, sizeof(mark), "_%s_",
				 ee_dtype_name(precisions[i]));
			if (strncmp(p, mark, strlen(mark)) != 0)
				continue;
			tail = p + strlen(mark);
			if (!parse_tail(tail, out))
				continue;
			out->precision = precisions[i];
			out->layer = ee_arena_text(arena, file,
						   (size_t)(p - file));
			return out->layer != NULL;
		}
	}
	return false;
}

/* Without the slashes at the end that a shell completes. */
static size_t
trimmed(const char *model)
{
	size_t n = strlen(model);

	while (n > 1 && model[n - 1] == '/')
		n--;
	return n;
}

char *
ee_statname_model(struct ee_arena *arena, const char *model, char how)
{
	char *name = ee_arena_text(arena, model, trimmed(model)), *p;

	if (name == NULL)
		return NULL;
	p = strrchr(name, '/');
	if (how == '/')
		return p != NULL ? p + 1 : name;
	for (p = name; *p != '\0'; p++)
		if (*p == '/')
			*p = '_';
	return name;
}

char *
ee_statname_model_dir(struct ee_arena *arena, const char *model)
{
	const char *first = strchr(model, '/');
	const size_t n = trimmed(model);
	bool is_hub_name = first != NULL && first != model &&
			   model[0] != '.' && first < model + n - 1 &&
			   memchr(first + 1, '/',
				  (size_t)(model + n - first - 1)) == NULL;

	return ee_statname_model(arena, model, is_hub_name ? '_' : '/');
}
