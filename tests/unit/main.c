/*
 * main.c - run every unit test suite: SUITE(room) for each test_ROOM.c.
 *
 * Run from the root of the repository.  CK_RUN_SUITE=stream runs one.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SUITE(room) Suite *suite_##room(void);
#include "unit_suites.h"
#undef SUITE

static Suite *(*const suites[])(void) = {
#define SUITE(room) suite_##room,
#include "unit_suites.h"
#undef SUITE
};

int
main(void)
{
	SRunner *runner;
	int run, failed;
	size_t i;

	setenv("CK_DEFAULT_TIMEOUT", "60", 0);	/* a busy machine is no fault */
	runner = srunner_create(NULL);
	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		srunner_add_suite(runner, suites[i]());
	srunner_run_all(runner, CK_ENV);
	run = srunner_ntests_run(runner);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	printf("unit: %d passed, %d failed\n", run - failed, failed);
	return failed != 0;
}
