/* gunzip.c - files that may be compressed by gzip.  See gunzip.h. */
#include "file/gunzip.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { BUFFER = 1 << 16 };

enum state {
	START,			/* nothing looked at */
	PLAIN,			/* no gzip: as it is */
	MEMBER,			/* within compressed data */
	BETWEEN			/* a member has ended */
};

struct ee_gunzip {
	int fd;
	const char *name;
	enum state state;
	bool ended;		/* there is no more than 'left' */
	const unsigned char *next;
	size_t left;
	z_stream z;
	enum ee_status status;	/* of the failure that stays */
	struct ee_err why;
	unsigned char buffer[BUFFER];
};

enum ee_status
ee_gunzip_open(struct ee_gunzip **out, int fd, const void *data, size_t size,
	       const char *name, struct ee_err *err)
{
	struct ee_gunzip *gz = ee_calloc(1, sizeof(*gz), err);

	*out = gz;
	if (gz == NULL)
		return EE_ENOMEM;
	gz->fd = fd;
	gz->name = name;
	gz->next = fd < 0 ? data : gz->buffer;
	gz->left = fd < 0 ? size : 0;
	gz->ended = fd < 0;
	if (inflateInit2(&gz->z, MAX_WBITS + 16) == Z_OK)
		return EE_OK;
	free(gz);
	*out = NULL;
	return ee_fail(err, EE_ENOMEM, "%s: out of memory", name);
}

void
ee_gunzip_close(struct ee_gunzip *gz)
{
	if (gz == NULL)
		return;
	inflateEnd(&gz->z);
	free(gz);
}

/* See to it that 'want' bytes are at hand, if so many are left. */
static enum ee_status
fill(struct ee_gunzip *gz, size_t want)
{
	ssize_t n;

	if (gz->left >= want || gz->ended)
		return EE_OK;
	memmove(gz->buffer, gz->next, gz->left);
	gz->next = gz->buffer;
	while (gz->left < want && !gz->ended) {
		n = read(gz->fd, gz->buffer + gz->left, BUFFER - gz->left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ee_fail_sys(&gz->why, "%s", gz->name);
		gz->ended = n == 0;
		gz->left += (size_t)n;
	}
	return EE_OK;
}

static bool
is_magic(const struct ee_gunzip *gz)
{
	return gz->left >= 2 && gz->next[0] == 0x1f && gz->next[1] == 0x8b;
}

/* Behind a member: another one, zeros, or the end. */
static enum ee_status
next_member(struct ee_gunzip *gz, bool *end)
{
	enum ee_status status = fill(gz, 2);

	*end = false;
	if (status != EE_OK)
		return status;
	if (is_magic(gz)) {
		gz->state = MEMBER;
		return inflateReset(&gz->z) == Z_OK ? EE_OK :
		       ee_fail(&gz->why, EE_ENOMEM, "%s: inflate", gz->name);
	}
	while (gz->left > 0 && *gz->next == 0) {
		gz->next++;
		gz->left--;
		if (gz->left == 0 && (status = fill(gz, 1)) != EE_OK)
			return status;
	}
	*end = gz->left == 0;
	return *end ? EE_OK : ee_fail(&gz->why, EE_EFORMAT, "%s: there is "
				      "something else behind the gzip data",
				      gz->name);
}

static enum ee_status
inflate_some(struct ee_gunzip *gz, void *to, size_t room, size_t *n)
{
	enum ee_status status = fill(gz, 1);
	size_t in;
	int code;

	if (status != EE_OK)
		return status;
	in = gz->left < UINT_MAX ? gz->left : UINT_MAX;
	gz->z.next_in = (Bytef *)(uintptr_t)gz->next;
	gz->z.avail_in = (uInt)in;
	gz->z.next_out = to;
	gz->z.avail_out = room < UINT_MAX ? (uInt)room : UINT_MAX;
	code = inflate(&gz->z, Z_NO_FLUSH);
	gz->next += in - gz->z.avail_in;
	gz->left -= in - gz->z.avail_in;
	*n = (size_t)(gz->z.next_out - (Bytef *)to);
	if (code == Z_STREAM_END)
		gz->state = BETWEEN;
	else if (code == Z_MEM_ERROR)
		return ee_fail(&gz->why, EE_ENOMEM, "%s: out of memory",
			       gz->name);
	else if (code != Z_OK && code != Z_BUF_ERROR)
		return ee_fail(&gz->why, EE_EFORMAT, "%s: the gzip data are "
			       "damaged: %s", gz->name,
			       gz->z.msg ? gz->z.msg : "no deflate");
	else if (*n == 0 && gz->left == 0 && gz->ended)
		return ee_fail(&gz->why, EE_ETRUNC, "%s: the gzip data are "
			       "cut short", gz->name);
	return EE_OK;
}

static enum ee_status
copy_some(struct ee_gunzip *gz, void *to, size_t room, size_t *n)
{
	enum ee_status status = fill(gz, 1);

	if (status != EE_OK)
		return status;
	*n = gz->left < room ? gz->left : room;
	if (*n > 0)
		memcpy(to, gz->next, *n);
	gz->next += *n;
	gz->left -= *n;
	return EE_OK;
}

static enum ee_status
read_some(struct ee_gunzip *gz, void *to, size_t room, size_t *n)
{
	enum ee_status status = EE_OK;
	bool end = false;

	if (gz->state == START) {
		status = fill(gz, 2);
		gz->state = is_magic(gz) ? MEMBER : PLAIN;
	}
	if (status == EE_OK && gz->state == PLAIN)
		return copy_some(gz, to, room, n);
	while (status == EE_OK && *n == 0 && !end) {
		if (gz->state == BETWEEN)
			status = next_member(gz, &end);
		else
			status = inflate_some(gz, to, room, n);
	}
	return status;
}

enum ee_status
ee_gunzip_read(struct ee_gunzip *gz, void *to, size_t room, size_t *n,
	       struct ee_err *err)
{
	*n = 0;
	if (gz->status == EE_OK)
		gz->status = read_some(gz, to, room, n);
	if (gz->status != EE_OK)
		*err = gz->why;
	return gz->status;
}

static ssize_t
cookie_read(void *cookie, char *to, size_t room)
{
	struct ee_err ignored;		/* kept in 'why' */
	size_t n;

	if (ee_gunzip_read(cookie, to, room, &n, &ignored) == EE_OK)
		return (ssize_t)n;
	errno = EIO;
	return -1;
}

FILE *
ee_gunzip_file(struct ee_gunzip *gz, struct ee_err *err)
{
	const cookie_io_functions_t io = { .read = cookie_read };
	FILE *fp = fopencookie(gz, "r", io);

	if (fp == NULL)
		(void)ee_fail_sys(err, "%s", gz->name);
	return fp;
}

enum ee_status
ee_gunzip_failed(const struct ee_gunzip *gz, struct ee_err *err)
{
	if (gz->status != EE_OK)
		*err = gz->why;
	return gz->status;
}

/* All that is left, to 'fd'. */
static enum ee_status
write_all(struct ee_gunzip *gz, int fd, struct ee_err *err)
{
	unsigned char *part = ee_calloc(BUFFER, 1, err), *p;
	enum ee_status status = part != NULL ? EE_OK : EE_ENOMEM;
	ssize_t done;
	size_t n;

	while (status == EE_OK) {
		status = ee_gunzip_read(gz, part, BUFFER, &n, err);
		if (status != EE_OK || n == 0)
			break;
		for (p = part; n > 0 && status == EE_OK; ) {
			done = write(fd, p, n);
			if (done < 0 && errno != EINTR)
				status = ee_fail_sys(err, "%s: expanded to a "
						     "temporary file",
						     gz->name);
			p += done > 0 ? done : 0;
			n -= done > 0 ? (size_t)done : 0;
		}
	}
	free(part);
	return status;
}

enum ee_status
ee_gunzip_map(struct ee_mapped *map, const char *name, struct ee_err *err)
{
	const char *dir = getenv("TMPDIR");
	struct ee_gunzip *gz = NULL;
	struct ee_mapped plain = { 0 };
	enum ee_status status = EE_OK;
	char path[PATH_MAX];
	int fd;

	if (map->size < 2 || memcmp(map->data, "\x1f\x8b", 2) != 0)
		return EE_OK;
	snprintf(path, sizeof(path), "%.*s/ee.XXXXXX", PATH_MAX - 16,
		 dir != NULL && dir[0] != '\0' ? dir : "/tmp");
	fd = mkstemp(path);
	if (fd < 0)
		return ee_fail_sys(err, "%s", path);
	status = ee_gunzip_open(&gz, -1, map->data, map->size, name, err);
	if (status == EE_OK)
		status = write_all(gz, fd, err);
	if (status == EE_OK)
		status = ee_map_file(&plain, path, err);
	ee_gunzip_close(gz);
	close(fd);
	unlink(path);
	if (status == EE_OK) {
		ee_unmap_file(map);
		*map = plain;
	}
	return status;
}
