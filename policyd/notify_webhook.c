#include "notify_webhook.h"

#include <curl/curl.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log_format.h"

#define MAX_JSON ((size_t)32768)

/* What the server answers beyond its status is nothing to us; after so much we
 * hang up. */
#define MAX_ANSWER ((size_t)65536)

const char *
notify_webhook_compose(
    struct arena *arena, const struct notify_notice *notice, const char *host)
{
	time_t seconds = (time_t)(notice->when / 1000);
	char when[64] = "";
	struct tm tm;
	const struct log_field fields[] = {
		LOG_TEXT("host", host),
		LOG_TEXT("user", notice->user),
		LOG_TEXT("what", notice->what),
		LOG_TEXT("action", notice->action),
		LOG_TEXT("detail", notice->detail),
	};
	struct buf out;

	if (gmtime_r(&seconds, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_init(&out, arena, MAX_JSON);
	buf_add_str(&out, "{\"schema\":1");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		log_format_json(&out, &fields[i]);
	log_format_json(&out, &LOG_TEXT("when", when));
	buf_add_byte(&out, '}');
	return (buf_str(&out));
}

static size_t
drop(char *bytes, size_t size, size_t count, void *cookie)
{
	size_t *taken = cookie;

	(void)bytes;
	*taken += size * count;
	return (*taken > MAX_ANSWER ? 0 : size * count);
}

static CURLcode
set_safety(CURL *curl, int64_t left)
{
	CURLcode failed =
	    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");

	if (failed == CURLE_OK)
		failed = curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	if (failed == CURLE_OK)
		failed = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	if (failed == CURLE_OK)
		failed = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	if (failed == CURLE_OK)
		failed = curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)left);
	/* A thread may not use signals. */
	if (failed == CURLE_OK)
		failed = curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	return (failed);
}

static CURLcode
set_request(CURL *curl, const char *url, struct curl_slist *headers,
    const char *json, size_t *taken)
{
	CURLcode failed = curl_easy_setopt(curl, CURLOPT_URL, url);

	if (failed == CURLE_OK)
		failed = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	if (failed == CURLE_OK)
		failed = curl_easy_setopt(
		    curl, CURLOPT_USERAGENT, "mailreeve-policyd");
	if (failed == CURLE_OK)
		failed = curl_easy_setopt(curl, CURLOPT_POSTFIELDS, json);
	if (failed == CURLE_OK)
		failed = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
	if (failed == CURLE_OK)
		failed = curl_easy_setopt(curl, CURLOPT_WRITEDATA, taken);
	return (failed);
}

static const char *
post(struct arena *arena, CURL *curl, const size_t *taken)
{
	char complaint[CURL_ERROR_SIZE] = "";
	long status = 0;
	CURLcode failed;

	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, complaint);
	failed = curl_easy_perform(curl);
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
	/* We hung up ourselves. */
	if (failed == CURLE_WRITE_ERROR && *taken > MAX_ANSWER)
		failed = CURLE_OK;
	if (failed != CURLE_OK)
		return (arena_printf(arena, "%s",
		    complaint[0] != '\0' ? complaint
					 : curl_easy_strerror(failed)));
	if (status / 100 != 2)
		return (arena_printf(
		    arena, "the server answers with status %ld", status));
	return (NULL);
}

const char *
notify_webhook_send(struct arena *arena, const struct notify_options *options,
    const struct notify_notice *notice, const char *host, int64_t deadline)
{
	int64_t left = deadline - clock_monotonic_ms();
	const char *reason = "libcurl cannot do that";
	const char *json = notify_webhook_compose(arena, notice, host);
	struct curl_slist *headers =
	    curl_slist_append(NULL, "Content-Type: application/json");
	CURL *curl = curl_easy_init();
	size_t taken = 0;

	/* To libcurl 0 would be no limit. */
	if (left < 1)
		left = 1;
	if (curl != NULL && headers != NULL &&
	    set_safety(curl, left) == CURLE_OK &&
	    set_request(curl, options->webhook, headers, json, &taken) ==
		CURLE_OK)
		reason = post(arena, curl, &taken);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	return (reason);
}
