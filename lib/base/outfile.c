/* outfile.c - files that appear whole or not at all.  See outfile.h. */
#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void
forget(struct ee_outfile *file)
{
	free(file->path);
	free(file->temp);
	memset(file, 0, sizeof(*file));
}

/* The permissions that a plain open() would have given. */
static void
usual_mode(int fd)
{
	const mode_t mask = umask(0);

	umask(mask);
	(void)fchmod(fd, 0666 & ~mask);
}

/* Where a symbolic link leads, for it is not the link that is to be replaced
 * (/dev/stdout is one); else the path as it is.  NULL with errno. */
static char *
follow(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return realpath(path, NULL);
	return strdup(path);
}

/* Open the file beside 'path', or in place if that is not a regular file;
 * -1 with errno. */
static int
open_file(struct ee_outfile *file, const char *path)
{
	struct stat st;
	int fd;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		file->path = strdup(path);
		return file->path == NULL ? -1 :
		       open(path, O_WRONLY | O_CLOEXEC);
	}
	file->path = follow(path);
	if (file->path == NULL ||
	    asprintf(&file->temp, "%s.XXXXXX", file->path) < 0) {
		file->temp = NULL;
		return -1;
	}
	fd = mkstemp(file->temp);
	if (fd >= 0)
		usual_mode(fd);
	return fd;
}

enum ee_status
ee_outfile_open(struct ee_outfile *file, const char *path, struct ee_err *err)
{
	int fd;

	memset(file, 0, sizeof(*file));
	fd = open_file(file, path);
	if (fd >= 0)
		file->fp = fdopen(fd, "wb");
	if (file->fp == NULL) {
		const enum ee_status status = ee_fail_sys(err, "%s", path);

		if (fd >= 0) {
			close(fd);
			if (file->temp != NULL)
				unlink(file->temp);
		}
		forget(file);
		return status;
	}
	return EE_OK;
}

/*
 * Give the old file its second name, or, where there are no hard links, that
 * name instead.  link() replaces nothing, so it makes a name that none has,
 * which is then renamed.  No old file is no failure.  False with errno.
 */
static bool
back_up(const struct ee_outfile *file)
{
	char *to = NULL, *between = NULL;
	bool ok = false;

	if (asprintf(&to, "%s%s", file->path, file->backup) < 0)
		return false;
	if (asprintf(&between, "%s%s", file->temp, file->backup) >= 0) {
		ok = link(file->path, between) == 0 &&
		     rename(between, to) == 0;
		unlink(between);
		free(between);
		ok = ok || rename(file->path, to) == 0 ||
		     access(file->path, F_OK) != 0;
	}
	free(to);
	return ok;
}

/* Put the finished file in its place.  False with errno. */
static bool
put_in_place(const struct ee_outfile *file)
{
	if (file->temp == NULL)
		return true;
	return (file->backup == NULL || back_up(file)) &&
	       rename(file->temp, file->path) == 0;
}

enum ee_status
ee_outfile_commit(struct ee_outfile *file, struct ee_err *err)
{
	enum ee_status status = EE_OK;

	errno = 0;
	if (ferror(file->fp) || fflush(file->fp) != 0 ||
	    (file->temp != NULL && fsync(fileno(file->fp)) != 0)) {
		if (errno == 0)		/* an earlier error; stdio forgets */
			errno = EIO;
		status = ee_fail_sys(err, "%s: write", file->path);
		ee_outfile_abort(file);
		return status;
	}
	if (fclose(file->fp) != 0) {
		status = ee_fail_sys(err, "%s: close", file->path);
		if (file->temp != NULL)
			unlink(file->temp);
	} else if (!put_in_place(file)) {
		status = ee_fail_sys(err, "%s: rename", file->path);
		unlink(file->temp);
	}
	forget(file);
	return status;
}

void
ee_outfile_abort(struct ee_outfile *file)
{
	if (file->fp == NULL)
		return;
	fclose(file->fp);
	if (file->temp != NULL)
		unlink(file->temp);
	forget(file);
}

enum ee_status
ee_outfile_end(struct ee_outfile *file, enum ee_status status,
	       struct ee_err *err)
{
	if (status == EE_OK)
		return ee_outfile_commit(file, err);
	ee_outfile_abort(file);
	return status;
}

/* Read all of a pipe or device, which cannot be mapped. */
static enum ee_status
read_all(int fd, struct ee_mapped *file, const char *path, struct ee_err *err)
{
	unsigned char *data = NULL;
	size_t size = 0, room = 0;
	ssize_t n;

	for (;;) {
		if (ee_reserve(&data, &room, size + (1 << 16), 1, err) !=
		    EE_OK) {
			free(data);
			return EE_ENOMEM;
		}
		n = read(fd, data + size, room - size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		size += (size_t)n;
	}
	if (n < 0) {
		free(data);
		return ee_fail_sys(err, "%s", path);
	}
	file->data = data;
	file->size = size;
	return EE_OK;
}

enum ee_status
ee_map_file(struct ee_mapped *file, const char *path, struct ee_err *err)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum ee_status status = EE_OK;
	struct stat st;
	void *p;

	memset(file, 0, sizeof(*file));
	if (fd < 0)
		return ee_fail_sys(err, "%s", path);
	if (fstat(fd, &st) != 0) {
		status = ee_fail_sys(err, "%s", path);
	} else if (S_ISDIR(st.st_mode)) {
		status = ee_fail(err, EE_EIO, "%s: is a directory", path);
	} else if (!S_ISREG(st.st_mode)) {
		status = read_all(fd, file, path, err);
	} else if (st.st_size > 0) {
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd,
			 0);
		if (p == MAP_FAILED) {
			status = ee_fail_sys(err, "%s: map", path);
		} else {
			file->data = p;
			file->size = (size_t)st.st_size;
			file->is_mapped = true;
		}
	}
	close(fd);
	return status;
}

void
ee_map_prefetch(const void *data, size_t size)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t begin = (uintptr_t)data & ~(page - 1);

	/* advice: what cannot be taken is no failure */
	(void)madvise((void *)begin, (uintptr_t)data + size - begin,
		      MADV_WILLNEED);
}

void
ee_unmap_file(struct ee_mapped *file)
{
	if (file->is_mapped)
		munmap((void *)(uintptr_t)file->data, file->size);
	else
		free((void *)(uintptr_t)file->data);
	memset(file, 0, sizeof(*file));
}
