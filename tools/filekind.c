/* filekind.c - what a file is.  See filekind.h. */
#include "filekind.h"

#include <stdbool.h>
#include <string.h>

#include "file/zip.h"

/* Is there a <prefix>/data.pkl?  What is wrong with an archive is for its
 * reader to say. */
static bool
has_pickle(const char *path)
{
	struct ee_zip zip;
	struct ee_err err;
	const char *slash;
	bool has = false;
	size_t i;

	if (ee_zip_open(&zip, path, &err) != EE_OK)
		return false;
	for (i = 0; i < zip.n && !has; i++) {
		slash = strchr(zip.list[i].name, '/');
		has = slash != NULL && strcmp(slash, "/data.pkl") == 0;
	}
	ee_zip_close(&zip);
	return has;
}

enum file_kind
file_kind_of(const char *path, const char *head, size_t n)
{
	if (n >= 4 && memcmp(head, "PK\3\4", 4) == 0)
		return has_pickle(path) ? FILE_TORCH : FILE_NPZ;
	/* a pickle; a stream begins with a map that is not empty */
	if (n >= 2 && (unsigned char)head[0] == 0x80)
		return FILE_TORCH;
	if (n >= 9 && head[8] == '{' && head[6] == 0 && head[7] == 0)
		return FILE_SAFETENSORS;
	return FILE_STREAM;
}
