#include "support/recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns/dns_zone.h"

struct backend {
	struct dns_backend base;
	struct recorder *recorder;
};

static const char *
type_name(struct arena *arena, enum dns_type type)
{
	if (type == DNS_TYPE_TXT)
		return ("TXT");
	if (type == DNS_TYPE_CNAME)
		return ("CNAME");
	return (arena_printf(arena, "TYPE%d", (int)type));
}

static void
start(struct dns_backend *base, const char *name, enum dns_type type,
    dns_done *done, void *cookie)
{
	struct backend *backend = (struct backend *)(void *)base;
	struct recorder *recorder = backend->recorder;

	if (recorder->count < RECORDER_MAX)
		recorder->questions[recorder->count] =
		    arena_printf(recorder->arena, "%s %s",
			type_name(recorder->arena, type), name);
	recorder->count++;
	recorder->inner->start(recorder->inner, name, type, done, cookie);
}

static void
release(struct dns_backend *base)
{
	struct backend *backend = (struct backend *)(void *)base;

	backend->recorder->inner->free(backend->recorder->inner);
}

struct dns *
recorder_zone(struct arena *arena, const char *zone, struct recorder *recorder)
{
	char path[] = "/tmp/mailreeve-zone-XXXXXX";
	struct backend *backend = arena_alloc(arena, sizeof(*backend));
	size_t len = strlen(zone);
	const char *error = "cannot be written";
	int fd = mkstemp(path);

	*recorder = (struct recorder){ .arena = arena };
	if (fd >= 0 && write(fd, zone, len) == (ssize_t)len && close(fd) == 0)
		recorder->inner = dns_zone_load(path, arena, &error);
	(void)unlink(path);
	if (recorder->inner == NULL) {
		(void)fprintf(stderr, "zone: %s\n", error);
		abort();
	}
	backend->base.start = start;
	backend->base.free = release;
	backend->recorder = recorder;
	return (dns_new(&backend->base, NULL));
}
