/*
 * httpd - serve the files of a folder over HTTP on loopback, for the tests
 *
 * usage: httpd FOLDER LOG [CUT]
 *
 * Prints its port, then answers one GET after the other, with ranges
 * ("bytes=N-"), until it is killed.  LOG gets a line for each request: path and
 * first byte.  Of the first file only CUT bytes are sent.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		perror("httpd");
}

static void
send_file(int fd, FILE *fp, long first, long *cut)
{
	char head[256], buf[4096];
	long size, left, n;

	fseek(fp, 0, SEEK_END);
	size = ftell(fp);
	if (first > 0 && first >= size) {
		say(fd, "HTTP/1.1 416 Range Not Satisfiable\r\n"
		    "Content-Length: 0\r\nConnection: close\r\n\r\n");
		return;
	}
	fseek(fp, first, SEEK_SET);
	snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Length: %ld\r\n"
		 "Content-Range: bytes %ld-%ld/%ld\r\nConnection: close\r\n"
		 "\r\n", first ? "206 Partial Content" : "200 OK",
		 size - first, first, size - 1, size);
	say(fd, head);
	for (left = *cut >= 0 ? *cut : size; left > 0; left -= n) {
		n = (long)fread(buf, 1, sizeof(buf), fp);
		n = n < left ? n : left;
		if (n <= 0 || write(fd, buf, (size_t)n) < n)
			break;
	}
	*cut = -1;
}

static void
answer(int fd, const char *folder, FILE *log, long *cut)
{
	char request[4096] = "", name[1024] = "", path[2048];
	size_t used = 0;
	ssize_t n;
	const char *range;
	long first = 0;
	FILE *fp;

	while (strstr(request, "\r\n\r\n") == NULL &&
	       used < sizeof(request) - 1 &&
	       (n = read(fd, request + used, sizeof(request) - 1 - used)) > 0)
		request[used += (size_t)n] = '\0';
	if (sscanf(request, "GET %1000s", name) != 1 || strstr(name, ".."))
		return;
	range = strstr(request, "Range: bytes=");
	if (range != NULL)
		first = strtol(range + 13, NULL, 10);
	fprintf(log, "%s %ld\n", name, first);
	fflush(log);
	snprintf(path, sizeof(path), "%s%s", folder, name);
	fp = fopen(path, "rb");
	if (fp == NULL) {
		say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"
		    "Connection: close\r\n\r\n");
		return;
	}
	send_file(fd, fp, first, cut);
	fclose(fp);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	const int door = socket(AF_INET, SOCK_STREAM, 0);
	long cut = argc > 3 ? atol(argv[3]) : -1;
	FILE *log;
	int fd;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (argc < 3 || (log = fopen(argv[2], "w")) == NULL || door < 0 ||
	    bind(door, (struct sockaddr *)&at, size) != 0 ||
	    listen(door, 8) != 0 ||
	    getsockname(door, (struct sockaddr *)&at, &size) != 0)
		return 1;
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	while ((fd = accept(door, NULL, NULL)) >= 0) {
		answer(fd, argv[1], log, &cut);
		shutdown(fd, SHUT_WR);
		close(fd);
	}
	return 0;
}
