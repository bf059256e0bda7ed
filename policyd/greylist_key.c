/* The keys of the greylist: who comes to whom, in one line. */
#include <stdbool.h>

#include "base/buf.h"
#include "greylist.h"

/* Bytes of each part; what is longer is no address (RFC 5321 4.5.3.1) and is
 * cut, which can only join the keys of one network. */
#define MAX_NETWORK ((size_t)64)
#define MAX_DOMAIN ((size_t)255)
#define MAX_RECIPIENT ((size_t)320)
/* The sender's domain of mail from nobody. */
#define NOBODY "<>"

/* A key is one line of words, so that parts cannot be moved into each other by
 * blanks, NULs or line ends in an address. */
static void
add_word(struct buf *key, struct span word, size_t max)
{
	word = span_head(word, max);
	for (size_t i = 0; i < word.len; i++) {
		unsigned char byte = span_lower(word.data[i]);

		buf_add_byte(key, byte <= ' ' || byte == 0x7f ? '?' : byte);
	}
}

struct span
greylist_key(struct arena *arena, struct span spf_domain, struct span network,
    struct span sender_domain, struct span recipient)
{
	struct buf key;

	buf_init(&key, arena, GREYLIST_MAX_KEY);
	if (spf_domain.len > 0) {
		add_word(&key, spf_domain, MAX_DOMAIN);
		return (buf_span(&key));
	}
	add_word(&key, network, MAX_NETWORK);
	buf_add_byte(&key, ' ');
	if (sender_domain.len == 0)
		buf_add_str(&key, NOBODY);
	add_word(&key, sender_domain, MAX_DOMAIN);
	buf_add_byte(&key, ' ');
	add_word(&key, recipient, MAX_RECIPIENT);
	return (buf_span(&key));
}

void
greylist_key_client(
    struct span key, struct span *spf_domain, struct span *network)
{
	struct span first;
	bool has_network = span_take_until(&key, ' ', &first);
	const struct span none = SPAN_LITERAL("");

	*spf_domain = has_network ? none : first;
	*network = has_network ? first : none;
}
