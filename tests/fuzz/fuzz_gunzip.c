/*
 * fuzz_gunzip.c - any bytes are a file, compressed or not, or an error: the
 * same text and the same end whether they lie in memory or come from a
 * descriptor, in pieces of any size.
 *
 * The first byte of the input is the size of the pieces.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file/gunzip.h"

enum { MOST = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All of it, at most MOST bytes; the status of the last read. */
static enum ee_status
read_all(struct ee_gunzip *gz, size_t piece, unsigned char *to, size_t *size)
{
	enum ee_status status;
	struct ee_err err;
	size_t n;

	*size = 0;
	do {
		status = ee_gunzip_read(gz, to + *size, MOST - *size < piece ?
					MOST - *size : piece, &n, &err);
		*size += n;
	} while (status == EE_OK && n > 0 && *size < MOST);
	ee_gunzip_close(gz);
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char a[MOST], b[MOST];
	const size_t piece = size > 0 ? data[0] * 7u + 1 : 1;
	struct ee_gunzip *gz;
	struct ee_err err;
	enum ee_status one, two;
	size_t na, nb;
	int fd;

	if (size == 0)
		return 0;
	data++;
	size--;
	fd = memfd_create("fuzz", 0);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
	    lseek(fd, 0, SEEK_SET) != 0)
		abort();
	if (ee_gunzip_open(&gz, -1, data, size, "memory", &err) != EE_OK)
		abort();
	one = read_all(gz, MOST, a, &na);
	if (ee_gunzip_open(&gz, fd, NULL, 0, "file", &err) != EE_OK)
		abort();
	two = read_all(gz, piece, b, &nb);
	close(fd);
	if (na == MOST || nb == MOST)
		return 0;
	if (na != nb || memcmp(a, b, na) != 0 || one != two)
		abort();
	return 0;
}
