/*
 * timed - run a command; append what it took to a file
 *
 * usage: timed FILE COMMAND [ARGUMENT...]
 *
 * One line: seconds, processor seconds, peak resident MiB, and the peak of
 * RssAnon in MiB: what is not pages of a mapped file (sampled while the
 * command runs, so a peak of a few milliseconds may be missed).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/progress.h"

/* RssAnon of a process in KiB, 0 if there is none to see. */
static long
anonymous(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;
	FILE *fp;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	fp = fopen(path, "r");
	if (fp == NULL)
		return 0;
	while (fgets(line, sizeof(line), fp) != NULL)
		if (sscanf(line, "RssAnon: %ld", &kib) == 1)
			break;
	fclose(fp);
	return kib;
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

int
main(int argc, char **argv)
{
	const struct timespec pause = { 0, 5000000 };
	const double start = ee_seconds();
	struct rusage used;
	long most = 0, kib;
	int status = 0;
	double wall;
	pid_t pid;
	FILE *fp;

	if (argc < 3) {
		fputs("usage: timed FILE COMMAND [ARGUMENT...]\n", stderr);
		return 2;
	}
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		fprintf(stderr, "timed: %s: %s\n", argv[2], strerror(errno));
		_exit(127);
	}
	while (pid > 0 && wait4(pid, &status, WNOHANG, &used) == 0) {
		kib = anonymous(pid);
		most = kib > most ? kib : most;
		nanosleep(&pause, NULL);
	}
	wall = ee_seconds() - start;
	fp = fopen(argv[1], "a");
	if (pid < 0 || fp == NULL) {
		fprintf(stderr, "timed: %s\n", strerror(errno));
		return 1;
	}
	fprintf(fp, "%.3f %.3f %.1f %.1f\n", wall,
		seconds(used.ru_utime) + seconds(used.ru_stime),
		(double)used.ru_maxrss / 1024, (double)most / 1024);
	if (fclose(fp) != 0)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
