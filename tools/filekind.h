/* filekind.h - what a file is, by its first bytes, and a zip archive by its
 * members. */
#ifndef EE_FILEKIND_H
#define EE_FILEKIND_H

#include <stddef.h>

enum file_kind { FILE_STREAM, FILE_NPZ, FILE_SAFETENSORS, FILE_TORCH };

/* Of the file 'path', which begins with 'head' (n bytes, 9 are enough).  What
 * is none of the others is a stream, for its reader to refuse. */
enum file_kind file_kind_of(const char *path, const char *head, size_t n);

#endif
