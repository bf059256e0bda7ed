#include "support/dnsserver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/loopback.h"

#define START_ROUNDS 200
#define ROUND_MS 50
#define PATH_BYTES 512

struct dnsserver {
	enum dnsserver_kind kind;
	char directory[64];
	char config[PATH_BYTES];
	char anchor[PATH_BYTES];
	char address[32];
	struct sockaddr_in at;
	pid_t pid;
};

static const char *const paths[] = {
	[DNSSERVER_KNOT] = "/usr/sbin/knotd",
	[DNSSERVER_NSD] = "/usr/sbin/nsd",
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "dnsserver: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

bool
dnsserver_has(enum dnsserver_kind kind)
{
	return (access(paths[kind], X_OK) == 0);
}

static FILE *
create(const struct dnsserver *server, const char *name, char *path)
{
	(void)snprintf(path, PATH_BYTES, "%s/%s", server->directory, name);
	FILE *file = fopen(path, "we");

	if (file == NULL)
		die(path);
	return (file);
}

static void
finish(FILE *file)
{
	if (fclose(file) != 0)
		die("write");
}

/* Find a port that is free for UDP and for TCP. */
static void
choose_port(struct dnsserver *server)
{
	struct sockaddr_in tcp_at;
	int tcp;

	do {
		int udp = loopback_bind(SOCK_DGRAM, 0, &server->at);

		tcp = loopback_bind(SOCK_STREAM, server->at.sin_port, &tcp_at);
		(void)close(udp);
		if (tcp >= 0)
			(void)close(tcp);
	} while (tcp < 0);
	(void)snprintf(server->address, sizeof(server->address), "127.0.0.1@%d",
	    ntohs(server->at.sin_port));
}

static void
write_zones(const struct dnsserver *server, const struct dnsserver_zone *zones,
    size_t count)
{
	char path[PATH_BYTES];

	for (size_t i = 0; i < count; i++) {
		char name[128];

		(void)snprintf(name, sizeof(name), "%szone", zones[i].origin);
		FILE *file = create(server, name, path);

		(void)fprintf(
		    file, "$ORIGIN %s\n%s", zones[i].origin, zones[i].text);
		finish(file);
	}
}

static void
write_knot(FILE *file, const struct dnsserver *server,
    const struct dnsserver_zone *zones, size_t count)
{
	const char *directory = server->directory;

	(void)fprintf(file,
	    "server:\n  rundir: %s\n  listen: %s\n  udp-workers: 1\n"
	    "  tcp-workers: 1\n  background-workers: 1\n"
	    "database:\n  storage: %s\n  journal-db-max-size: 16M\n"
	    "  kasp-db-max-size: 16M\n  timer-db-max-size: 8M\n"
	    "log:\n  - target: %s/log\n    any: info\n"
	    "policy:\n  - id: test\n    algorithm: ecdsap256sha256\n"
	    "    nsec3: off\n"
	    "zone:\n",
	    directory, server->address, directory, directory);
	for (size_t i = 0; i < count; i++) {
		(void)fprintf(file,
		    "  - domain: %s\n    storage: %s\n    file: %szone\n"
		    "    zonefile-sync: -1\n    journal-content: all\n",
		    zones[i].origin, directory, zones[i].origin);
		if (zones[i].sign)
			(void)fprintf(file, "    dnssec-signing: on\n"
					    "    dnssec-policy: test\n");
	}
}

static void
write_nsd(FILE *file, const struct dnsserver *server,
    const struct dnsserver_zone *zones, size_t count)
{
	const char *directory = server->directory;

	(void)fprintf(file,
	    "server:\n  ip-address: %s\n  username: \"\"\n  server-count: 1\n"
	    "  database: \"\"\n  zonesdir: %s\n  pidfile: %s/pid\n"
	    "  xfrdfile: %s/xfrd\n  zonelistfile: %s/zones\n"
	    "  xfrdir: %s\n  logfile: %s/log\n"
	    "remote-control:\n  control-enable: no\n",
	    server->address, directory, directory, directory, directory,
	    directory, directory);
	for (size_t i = 0; i < count; i++)
		(void)fprintf(file, "zone:\n  name: %s\n  zonefile: %szone\n",
		    zones[i].origin, zones[i].origin);
}

static void
write_config(
    struct dnsserver *server, const struct dnsserver_zone *zones, size_t count)
{
	FILE *file = create(server, "conf", server->config);

	switch (server->kind) {
	case DNSSERVER_KNOT:
		write_knot(file, server, zones, count);
		break;
	case DNSSERVER_NSD:
		write_nsd(file, server, zones, count);
		break;
	}
	finish(file);
}

static void
exec_server(const struct dnsserver *server)
{
	/* No server outlives a test that crashed. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)dup2(null, STDOUT_FILENO);
	switch (server->kind) {
	case DNSSERVER_KNOT:
		(void)execl(paths[DNSSERVER_KNOT], "knotd", "-c",
		    server->config, (char *)NULL);
		break;
	case DNSSERVER_NSD:
		(void)execl(paths[DNSSERVER_NSD], "nsd", "-d", "-c",
		    server->config, (char *)NULL);
		break;
	}
	_exit(EXIT_FAILURE);
}

/* Ask for the root's NS; any reply will do. */
static bool
replies(const struct dnsserver *server)
{
	static const unsigned char query[] = { 0x4d, 0x52, 0, 0, 0, 1, 0, 0, 0,
		0, 0, 0, 0, 0, 2, 0, 1 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	unsigned char reply[512];

	if (fd < 0)
		die("socket");
	if (connect(fd, (const struct sockaddr *)&server->at,
		sizeof(server->at)) != 0)
		die("connect");
	bool got = send(fd, query, sizeof(query), 0) > 0 &&
	           poll(&poller, 1, ROUND_MS) == 1 &&
	           recv(fd, reply, sizeof(reply), 0) > 0;

	(void)close(fd);
	return (got);
}

void
dnsserver_start(struct dnsserver *server)
{
	server->pid = fork();
	if (server->pid < 0)
		die("fork");
	if (server->pid == 0)
		exec_server(server);
	for (int i = 0; i < START_ROUNDS; i++) {
		if (replies(server))
			return;
		if (waitpid(server->pid, NULL, WNOHANG) == server->pid)
			break;
		(void)poll(NULL, 0, ROUND_MS);
	}
	errno = ETIMEDOUT;
	die(server->config);
}

void
dnsserver_stop(struct dnsserver *server)
{
	if (server->pid <= 0)
		return;
	(void)kill(server->pid, SIGTERM);
	(void)waitpid(server->pid, NULL, 0);
	server->pid = 0;
}

struct dnsserver *
dnsserver_new(
    enum dnsserver_kind kind, const struct dnsserver_zone *zones, size_t count)
{
	struct dnsserver *server = calloc(1, sizeof(*server));

	if (server == NULL)
		die("calloc");
	server->kind = kind;
	(void)strcpy(server->directory, "/tmp/mailreeve-dns-XXXXXX");
	if (mkdtemp(server->directory) == NULL)
		die("mkdtemp");
	choose_port(server);
	write_zones(server, zones, count);
	write_config(server, zones, count);
	dnsserver_start(server);
	return (server);
}

static int
remove_one(
    const char *path, const struct stat *status, int flag, struct FTW *base)
{
	(void)status;
	(void)flag;
	(void)base;
	return (remove(path));
}

void
dnsserver_free(struct dnsserver *server)
{
	if (server == NULL)
		return;
	dnsserver_stop(server);
	(void)nftw(server->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(server);
}

const char *
dnsserver_address(const struct dnsserver *server)
{
	return (server->address);
}

const char *
dnsserver_anchor(struct dnsserver *server, const char *origin)
{
	char command[PATH_BYTES * 2];

	(void)snprintf(server->anchor, sizeof(server->anchor), "%s/anchor",
	    server->directory);
	(void)snprintf(command, sizeof(command),
	    "PATH=$PATH:/usr/sbin:/sbin keymgr -c %s/conf %s ds > %s",
	    server->directory, origin, server->anchor);
	if (system(command) != 0)
		die("keymgr");
	return (server->anchor);
}
