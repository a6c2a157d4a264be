/*
 * scratch.h - a folder for one test, and the file that it writes there.  Both
 * functions are for tcase_add_checked_fixture.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

/* The file, and the one that it was before (".bk"). */
extern char scratch_dir[32], scratch_path[64], scratch_old[64];

void scratch_make(void);
/* The folder must be empty when these two files are gone. */
void scratch_remove(void);

#endif
