#include "records/sts.h"

#include <inttypes.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/buf.h"
#include "records/mx.h"

/* As many hosts as an administrator writes down. */
#define POLICY_MAX_BYTES 65536

/* Of the hash: RFC 8461 3.1 has room for 32 letters and digits. */
#define ID_BYTES 10

const char *
sts_policy(const struct server *server, const struct config_settings *settings,
    struct arena *arena)
{
	static const char *const modes[] = { "none", "testing", "enforce" };
	struct buf text;

	buf_init(&text, arena, POLICY_MAX_BYTES);
	buf_printf(
	    &text, "version: STSv1\r\nmode: %s\r\n", modes[settings->mta_sts]);
	if (server->hostname != NULL)
		buf_printf(&text, "mx: %s\r\n", server->hostname);
	for (size_t i = 0; i < settings->other_mx.count; i++) {
		const struct mx mx =
		    mx_parse(settings->other_mx.items[i], arena);

		if (mx.host != NULL)
			buf_printf(&text, "mx: %s\r\n", mx.host);
	}
	buf_printf(
	    &text, "max_age: %" PRId64 "\r\n", settings->mta_sts_max_age);
	return (buf_str(&text));
}

const char *
sts_id(const char *policy, struct arena *arena)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	struct buf id;

	(void)SHA256((const unsigned char *)policy, strlen(policy), hash);
	buf_init(&id, arena, sizeof(hash));
	for (size_t i = 0; i < ID_BYTES; i++)
		buf_printf(&id, "%02x", hash[i]);
	return (buf_str(&id));
}
