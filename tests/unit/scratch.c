/* scratch.c - a folder for one test.  See scratch.h. */
#include "scratch.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char scratch_dir[32], scratch_path[64], scratch_old[64];

void
scratch_make(void)
{
	strcpy(scratch_dir, "/tmp/ee-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scratch_dir));
	snprintf(scratch_path, sizeof(scratch_path), "%s/it", scratch_dir);
	snprintf(scratch_old, sizeof(scratch_old), "%s.bk", scratch_path);
}

void
scratch_remove(void)
{
	unlink(scratch_path);
	unlink(scratch_old);
	ck_assert_int_eq(rmdir(scratch_dir), 0);
}
