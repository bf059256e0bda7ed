/* ledger_frame.h: whatever comes, a frame has the length that it says, its
 * strings end inside of it, and what is read is written as it was. */
#include "ledger/ledger_frame.h"

#include <string.h>

#include "fuzz.h"

/* Two bytes of the header mean nothing yet, and are written as 0. */
static void
check_same(const uint8_t *data, const unsigned char *written, size_t len)
{
	FUZZ_CHECK(memcmp(data, written, 6) == 0);
	FUZZ_CHECK(
	    memcmp(&data[LEDGER_FRAME_HEADER], &written[LEDGER_FRAME_HEADER],
		len - LEDGER_FRAME_HEADER) == 0);
}

static void
check_text(const uint8_t *data, size_t len, const char *text, size_t limit)
{
	const uint8_t *bytes = (const uint8_t *)text;

	FUZZ_CHECK(bytes >= data && bytes < &data[len]);
	FUZZ_CHECK(memchr(bytes, '\0', (size_t)(&data[len] - bytes)) != NULL);
	FUZZ_CHECK(strlen(text) <= limit);
}

static void
check_request(const uint8_t *data, size_t len)
{
	unsigned char written[LEDGER_MAX_FRAME];
	struct ledger_request request;

	if (ledger_frame_read_request(data, len, &request) != 0)
		return;
	check_text(data, len, request.holder, LEDGER_MAX_KEY);
	check_text(data, len, request.text, LEDGER_MAX_TEXT);
	FUZZ_CHECK(request.root_count <= LEDGER_MAX_ROOTS);
	for (size_t i = 0; i < request.root_count; i++)
		check_text(data, len, request.roots[i].key, LEDGER_MAX_KEY);
	FUZZ_CHECK(ledger_frame_write_request(&request, written) == len);
	check_same(data, written, len);
}

static void
check_reply(const uint8_t *data, size_t len)
{
	unsigned char written[LEDGER_MAX_FRAME];
	struct ledger_reply reply;

	if (ledger_frame_read_reply(data, len, &reply) != 0)
		return;
	check_text(data, len, reply.text, LEDGER_MAX_TEXT);
	FUZZ_CHECK(reply.root_count <= LEDGER_MAX_ROOTS);
	for (size_t i = 0; i < reply.root_count; i++)
		check_text(data, len, reply.roots[i].key, LEDGER_MAX_KEY);
	FUZZ_CHECK(ledger_frame_write_reply(&reply, written) == len);
	check_same(data, written, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0;
	size_t used;

	while (ledger_frame_take(&data[at], size - at, &used) ==
	       LEDGER_FRAME_WHOLE) {
		FUZZ_CHECK(used >= LEDGER_FRAME_HEADER);
		FUZZ_CHECK(used <= LEDGER_MAX_FRAME && used <= size - at);
		check_request(&data[at], used);
		check_reply(&data[at], used);
		at += used;
	}
	FUZZ_CHECK(used == 0);
	return (0);
}
