/*
 * show.h - the lines that ee-show writes, and files that are no streams.
 */
#ifndef EE_SHOW_H
#define EE_SHOW_H

#include "base/value.h"
#include "tool.h"

struct show {
	struct tool *tool;
	size_t data;		/* values of each tensor to show */
	bool several;		/* files: name each */
	const char *file;
	struct ee_arena arena;	/* for one line */
};

/* {"file": ..., "<what>": v}; the arena is empty again after it.  EE_END if
 * nobody reads on. */
EE_MUST_CHECK enum ee_status show_line(struct show *s, const char *what,
	const struct ee_value *v);

/*
 * The file s->file: a header, a record for each member, an end.  Members are
 * arrays, tensors, and for what torch.save wrote each tensor wherever it is,
 * and each value that has none in it; its name is the way to it, keys and
 * places with slashes between them.
 *
 * Fails as opening it does, or as show_line.
 */
EE_MUST_CHECK enum ee_status show_npz(struct show *s);
EE_MUST_CHECK enum ee_status show_safetensors(struct show *s);
EE_MUST_CHECK enum ee_status show_torch(struct show *s);

#endif
