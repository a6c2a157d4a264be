/* outfile.c - files that appear whole or not at all.  See outfile.h. */
#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
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
	file->fp = NULL;
	file->path = file->temp = NULL;
}

/* The permissions that a plain open() would have given. */
static void
usual_mode(int fd)
{
	const mode_t mask = umask(0);

	umask(mask);
	(void)fchmod(fd, 0666 & ~mask);
}

enum ee_status
ee_outfile_open(struct ee_outfile *file, const char *path, struct ee_err *err)
{
	const size_t len = strlen(path);
	struct stat st;
	int fd;

	memset(file, 0, sizeof(*file));
	file->path = strdup(path);
	file->temp = malloc(len + 8);
	if (file->path == NULL || file->temp == NULL) {
		forget(file);
		return ee_fail(err, EE_ENOMEM, "out of memory");
	}
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		free(file->temp);
		file->temp = NULL;
		fd = open(path, O_WRONLY | O_CLOEXEC);
	} else {
		memcpy(file->temp, path, len);
		memcpy(file->temp + len, ".XXXXXX", 8);
		fd = mkstemp(file->temp);
		if (fd >= 0)
			usual_mode(fd);
	}
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

enum ee_status
ee_outfile_commit(struct ee_outfile *file, struct ee_err *err)
{
	enum ee_status status = EE_OK;

	errno = 0;
	if (ferror(file->fp) || fflush(file->fp) != 0 ||
	    (file->temp != NULL && fsync(fileno(file->fp)) != 0)) {
		status = ee_fail_sys(err, "%s: write", file->path);
		ee_outfile_abort(file);
		return status;
	}
	if (fclose(file->fp) != 0) {
		status = ee_fail_sys(err, "%s: close", file->path);
		if (file->temp != NULL)
			unlink(file->temp);
	} else if (file->temp != NULL &&
		   rename(file->temp, file->path) != 0) {
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

/* Read all of a pipe or device, which cannot be mapped. */
static enum ee_status
read_all(int fd, struct ee_mapped *file, const char *path, struct ee_err *err)
{
	unsigned char *data = NULL, *more;
	size_t size = 0, room = 0;
	ssize_t n;

	for (;;) {
		if (size == room) {
			room = room ? 2 * room : (size_t)1 << 16;
			more = ee_grow(data, room, 1, err);
			if (more == NULL) {
				free(data);
				return EE_ENOMEM;
			}
			data = more;
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
ee_unmap_file(struct ee_mapped *file)
{
	if (file->is_mapped)
		munmap((void *)(uintptr_t)file->data, file->size);
	else
		free((void *)(uintptr_t)file->data);
	memset(file, 0, sizeof(*file));
}
