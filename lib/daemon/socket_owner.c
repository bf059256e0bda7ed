#include "daemon/socket_owner.h"

#include <stdio.h>

/* proc(5): a line each, sl local_address rem_address st ... uid */
#define LINE_MAX_BYTES 512
#define TCP_LISTEN_STATE 0x0aU

static bool
find_port(const char *table, unsigned int port, uid_t *user)
{
	FILE *file = fopen(table, "re");
	char line[LINE_MAX_BYTES];
	bool found = false;

	while (
	    !found && file != NULL && fgets(line, sizeof(line), file) != NULL) {
		unsigned int local = 0;
		unsigned int state = 0;
		unsigned int uid = 0;

		found = sscanf(line,
			    " %*[0-9]: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%*x "
			    "%*x:%*x %*x %u",
			    &local, &state, &uid) == 3 &&
		        local == port && state == TCP_LISTEN_STATE;
		if (found)
			*user = (uid_t)uid;
	}
	if (file != NULL)
		(void)fclose(file);
	return (found);
}

bool
socket_owner_of_port(unsigned int port, uid_t *user)
{
	return (find_port("/proc/net/tcp", port, user) ||
		find_port("/proc/net/tcp6", port, user));
}
