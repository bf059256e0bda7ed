#include "fresh.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "dkim/sign.h"

#define MESSAGE_MAX ((size_t)16 * 1024 * 1024)
#define TTL ((int64_t)7 * 86400)

struct dkim_private *
fresh_key(struct arena *arena, const char *path)
{
	const char *error;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return (NULL);
	struct dkim_private *key = dkim_private_load(fd, arena, &error);

	(void)close(fd);
	return (key);
}

/* Append ${text} to ${out} with ${domain} for each template of it, and CRLF for
 * each line end. */
static void
fill_in(struct buf *out, struct span text, const char *domain)
{
	struct span line;

	while (span_take_line(&text, &line)) {
		const char *at;

		while (line.len > 0 &&
		       (at = memmem(line.data, line.len, FRESH_TEMPLATE,
			    strlen(FRESH_TEMPLATE))) != NULL) {
			size_t before =
			    (size_t)((const unsigned char *)at - line.data);

			buf_add(out, span_head(line, before));
			buf_add_str(out, domain);
			span_skip(&line, before + strlen(FRESH_TEMPLATE));
		}
		buf_add(out, line);
		buf_add_str(out, "\r\n");
	}
}

static const char *
sign(struct arena *arena, const struct dkim_private *key, const char *domain,
    struct span text)
{
	static const struct dkim_sign_options options = { .header_canon =
							      DKIM_RELAXED,
		.body_canon = DKIM_RELAXED,
		.ttl = TTL };
	const struct dkim_sign_key with = {
		.domain = domain, .selector = FRESH_SELECTOR, .private = key
	};
	const char *value = NULL;
	struct header_list headers;

	header_list_init(&headers, arena);
	struct span body = header_parse(&headers, text);
	struct dkim_sign *state =
	    dkim_sign_new(arena, &options, &headers, &with, 1, &clock_system);

	if (dkim_sign_refusal(state) == NULL) {
		dkim_sign_body(state, body);
		if (dkim_sign_finish(state, &value) != 0)
			value = NULL;
	}
	dkim_sign_free(state);
	return (value);
}

int
fresh_make(struct arena *arena, const struct dkim_private *key,
    struct span text, size_t number, struct fresh_mail *mail)
{
	struct arena *scratch = arena_new();
	struct buf message;
	struct buf folded;

	buf_init(&message, scratch, MESSAGE_MAX);
	buf_init(&folded, arena, MESSAGE_MAX);
	mail->domain = arena_printf(arena, "m%07zu.example", number);
	fill_in(&message, text, mail->domain);
	const char *value =
	    sign(scratch, key, mail->domain, buf_span(&message));

	if (value != NULL)
		for (value += strspn(value, " "); *value != '\0'; value++)
			if (*value != '\r')
				buf_add_byte(&folded, (unsigned char)*value);
	mail->signature = buf_span(&folded);
	arena_free(scratch);
	return (folded.len > 0 ? 0 : -1);
}

struct span
fresh_message(
    struct arena *arena, struct span text, const struct fresh_mail *mail)
{
	struct buf message;

	buf_init(&message, arena, MESSAGE_MAX);
	buf_add_str(&message, "DKIM-Signature: ");
	buf_add(&message, mail->signature);
	buf_add_str(&message, "\n");
	fill_in(&message, text, mail->domain);
	return (buf_span(&message));
}
