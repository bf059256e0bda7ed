#include "support/loopback.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int
loopback_bind(int type, in_port_t port, struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port };
	at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0) {
		perror("socket");
		exit(EXIT_FAILURE);
	}
	if (bind(fd, (struct sockaddr *)at, len) == 0 &&
	    getsockname(fd, (struct sockaddr *)at, &len) == 0)
		return (fd);
	(void)close(fd);
	return (-1);
}
