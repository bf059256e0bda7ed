/*
 * fuzz_nameserver.c: what a name server answers, as authority_read() takes it,
 * and the RDATA in it, as findings show it.
 *
 * Input: the message; its first two bytes are the id.
 */
#include "fuzz.h"

#include "authority_read.h"
#include "check/finding.h"
#include "domain.h"
#include "records/record.h"

static void
check_answer(struct span message, enum dns_type type, struct arena *arena)
{
	const struct dns_question question = { "a.example", type };
	uint16_t id =
	    (uint16_t)(span_at(message, 0) << 8 | span_at(message, 1));
	struct dns_answer answer;

	if (authority_read(message, &question, id, arena, &answer) !=
	    AUTHORITY_READ_ANSWER)
		return;
	FUZZ_CHECK(answer.count <= DNS_MAX_RECORDS);
	for (size_t i = 0; i < answer.count; i++) {
		const char *text = finding_clean(
		    arena, record_text(type, answer.rdata[i], arena));

		for (; *text != '\0'; text++)
			FUZZ_CHECK((unsigned char)*text >= ' ' ||
				   *text == '\n' || *text == '\t');
		(void)domain_of_rdata(arena, answer.rdata[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = { DNS_TYPE_TXT, DNS_TYPE_MX,
		DNS_TYPE_TLSA, DNS_TYPE_CAA, DNS_TYPE_RRSIG };
	struct arena *arena = arena_new();
	const struct span message = span_new(data, size);

	for (size_t i = 0; size >= 2 && i < sizeof(types) / sizeof(types[0]);
	     i++)
		check_answer(message, types[i], arena);
	arena_free(arena);
	return (0);
}
