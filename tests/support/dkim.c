#include "support/dkim.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "dns/dns_zone.h"

#define MAX_TEXT 65536

/* Bytes in one character-string (RFC 1035 3.3). */
#define STRING_BYTES 255

static void
fail_with(const char *reason)
{
	(void)fprintf(stderr, "%s\n", reason);
	exit(EXIT_FAILURE);
}

struct dkim_private *
support_key(struct arena *arena, const char *name)
{
	const char *error;
	int fd = open(arena_printf(arena, "support/keys/%s", name), O_RDONLY);
	struct dkim_private *key = dkim_private_load(fd, arena, &error);

	(void)close(fd);
	if (key == NULL)
		fail_with(error);
	return (key);
}

const char *
support_record(
    struct arena *arena, const struct dkim_private *key, const char *tags)
{
	return (arena_printf(arena, "%sk=%s; p=%s", tags,
	    dkim_private_algorithm(key) == DKIM_ED25519_SHA256 ? "ed25519"
							       : "rsa",
	    dkim_private_public(key, arena)));
}

const char *
support_txt(struct arena *arena, const char *name, const char *text)
{
	struct span rest = span_str(text);
	struct buf out;

	buf_init(&out, arena, MAX_TEXT);
	buf_printf(&out, "%s. 3600 IN TXT", name);
	do {
		struct span part = span_head(rest, STRING_BYTES);

		span_skip(&rest, part.len);
		buf_add_str(&out, " \"");
		for (size_t i = 0; i < part.len; i++) {
			if (part.data[i] == '"' || part.data[i] == '\\')
				buf_add_byte(&out, '\\');
			buf_add_byte(&out, part.data[i]);
		}
		buf_add_str(&out, "\"");
	} while (rest.len > 0);
	buf_add_str(&out, "\n");
	return (buf_str(&out));
}

struct dns *
support_dns(struct arena *arena, const char *zone)
{
	char path[] = "/tmp/mailreeve-zone-XXXXXX";
	int fd = mkstemp(path);
	size_t len = strlen(zone);
	const struct dns_options options = { 0 };
	const char *error;

	if (fd < 0 || write(fd, zone, len) != (ssize_t)len)
		fail_with("cannot write a zone file");
	(void)close(fd);
	struct dns_backend *backend = dns_zone_load(path, arena, &error);

	(void)unlink(path);
	if (backend == NULL)
		fail_with(error);
	return (dns_new(backend, &options));
}
