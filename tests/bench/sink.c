/*
 * sink.c: a /dev/log that forgets all it is told.  Usage: bench_sink PATH
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

int
main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char text[65536];
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		(void)fprintf(stderr, "usage: bench_sink PATH\n");
		return (64);
	}
	memcpy(address.sun_path, argv[1], strlen(argv[1]) + 1);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(argv[1], 0666) != 0) {
		perror(argv[1]);
		return (EXIT_FAILURE);
	}
	while (recv(fd, text, sizeof(text), 0) >= 0)
		continue;
	perror("recv");
	return (EXIT_FAILURE);
}
