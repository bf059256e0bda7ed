#include "check/fetch.h"

#include <curl/curl.h>

#include "base/buf.h"
#include "base/clock.h"

#define HTTP_OK 200
#define ADDRESSES_MAX_BYTES 4096

static size_t
take(char *data, size_t size, size_t count, void *cookie)
{
	struct buf *body = cookie;

	buf_add(body, span_new(data, size * count));
	/* Another number than was given ends the transfer. */
	return (body->overflow ? 0 : size * count);
}

/* "host:443:address,address", so that no other resolver is asked. */
static struct curl_slist *
addresses_of(const struct fetch *request, struct arena *arena)
{
	struct buf text;

	buf_init(&text, arena, ADDRESSES_MAX_BYTES);
	buf_printf(&text, "%s:443:", request->host);
	for (size_t i = 0; i < request->address_count; i++) {
		const struct network_address *address = &request->addresses[i];
		bool old = address->family == AF_INET;

		buf_printf(&text, "%s%s%s%s", i > 0 ? "," : "", old ? "" : "[",
		    network_address_print(arena, address), old ? "" : "]");
	}
	return (curl_slist_append(NULL, buf_str(&text)));
}

static void
prepare(CURL *curl, const struct fetch *request, struct curl_slist *resolve,
    struct buf *body, char *error, struct arena *arena)
{
	int64_t left = request->deadline - clock_monotonic_ms();

	(void)curl_easy_setopt(curl, CURLOPT_URL,
	    arena_printf(arena, "https://%s%s", request->host, request->path));
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	(void)curl_easy_setopt(curl, CURLOPT_RESOLVE, resolve);
	(void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
	/* RFC 8461 3.3: redirects are not followed. */
	(void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(
	    curl, CURLOPT_TIMEOUT_MS, left > 0 ? (long)left : 1L);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(
	    curl, CURLOPT_USERAGENT, "mailreeve-dns/" MAILREEVE_VERSION);
	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	if (request->ca_file != NULL) {
		(void)curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_file);
		(void)curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
}

static enum fetch_result
judge(CURL *curl, CURLcode code, const struct buf *body, const char *error,
    struct arena *arena, const char **reason)
{
	long status = 0;

	if (body->overflow) {
		*reason = arena_printf(
		    arena, "it is larger than %zu bytes", body->limit);
		return (FETCH_TOO_LARGE);
	}
	if (code != CURLE_OK) {
		*reason = arena_strdup(
		    arena, error[0] != '\0' ? error : curl_easy_strerror(code));
		return (code == CURLE_PEER_FAILED_VERIFICATION
			    ? FETCH_CERTIFICATE
			    : FETCH_UNREACHABLE);
	}
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == HTTP_OK)
		return (FETCH_DONE);
	*reason = arena_printf(
	    arena, "the web server answers with status %ld", status);
	return (FETCH_REFUSED);
}

enum fetch_result
fetch(const struct fetch *request, struct arena *arena, struct span *body,
    const char **reason)
{
	char error[CURL_ERROR_SIZE] = "";
	struct curl_slist *resolve = addresses_of(request, arena);
	CURL *curl = curl_easy_init();
	struct buf got;
	enum fetch_result result;

	buf_init(&got, arena, request->limit);
	if (curl == NULL || resolve == NULL) {
		*reason = "libcurl has no memory";
		result = FETCH_UNREACHABLE;
	} else {
		prepare(curl, request, resolve, &got, error, arena);
		result = judge(
		    curl, curl_easy_perform(curl), &got, error, arena, reason);
	}
	*body = buf_span(&got);
	curl_easy_cleanup(curl);
	curl_slist_free_all(resolve);
	return (result);
}
