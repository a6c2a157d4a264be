/*
 * jsonscan.h - the two big parts of a tokenizer file, its vocabulary and its
 * merges, read where they lie: a hundred thousand small strings need not
 * become a tree first.  All else in the file goes through file/json.h.
 */
#ifndef EE_JSONSCAN_H
#define EE_JSONSCAN_H

#include "base/base.h"

struct ee_scan {
	const char *start, *p, *end;	/* all of the text, what is left */
	const char *where;		/* names the text in errors */
	char *buffer;			/* of the string read last */
	size_t room;
};

/* Scan 'len' bytes of valid UTF-8; borrowed, like 'where'. */
void ee_scan_init(struct ee_scan *scan, const char *text, size_t len,
		  const char *where);
void ee_scan_free(struct ee_scan *scan);

/* Fail with EE_EFORMAT: "<where>:<line>: want <what>". */
enum ee_status ee_scan_want(const struct ee_scan *scan, const char *what,
			    struct ee_err *err);

/* Fail so unless all has been read. */
EE_MUST_CHECK enum ee_status ee_scan_end(struct ee_scan *scan,
	struct ee_err *err);

/*
 * Go over a map or a list, by its opening bracket; 'what' it is goes into
 * errors.  'one' is called where a member begins and reads it; 'key' is that
 * of a map, of 'len' bytes, until a string is read.
 */
typedef enum ee_status ee_scan_one(void *ctx, struct ee_scan *scan,
	const char *key, size_t len, struct ee_err *err);
EE_MUST_CHECK enum ee_status ee_scan_each(struct ee_scan *scan, char open,
	const char *what, ee_scan_one *one, void *ctx, struct ee_err *err);

/* Read a string, or an integer.  The string lies in the text or in the
 * scan's buffer, until the next one is read. */
EE_MUST_CHECK enum ee_status ee_scan_string(struct ee_scan *scan,
	const char **s, size_t *len, struct ee_err *err);
EE_MUST_CHECK enum ee_status ee_scan_int(struct ee_scan *scan, int64_t *out,
	struct ee_err *err);

/*
 * Pass over one value, counting brackets only: what is passed over is
 * checked by whoever reads it.
 */
EE_MUST_CHECK enum ee_status ee_scan_skip(struct ee_scan *scan,
	struct ee_err *err);

/* The first character of what comes next, after white space; '\0' at the
 * end. */
char ee_scan_peek(struct ee_scan *scan);

#endif
