#include "spf/explanation.h"

#include "base/buf.h"
#include "spf/target.h"

/* What macros bring in, such as a local part, need not be ASCII. */
static const char *
clean(struct arena *arena, const char *text)
{
	struct span rest = span_head(span_str(text), SPF_MAX_EXPLANATION);
	struct buf out;

	buf_init(&out, arena, SPF_MAX_EXPLANATION);
	for (size_t i = 0; i < rest.len; i++)
		buf_add_byte(&out, rest.data[i] >= ' ' && rest.data[i] < 0x7f
				       ? rest.data[i]
				       : '?');
	return (buf_str(&out));
}

/* RFC 7208 6.2: any trouble, and there is no explanation. */
static const char *
use(struct spf_work *work, const struct dns_answer *answer, const char *domain,
    const char **trouble)
{
	struct spf_macro_values values;

	*trouble = "it is not exactly one TXT record";
	if (answer->count != 1)
		return (NULL);
	struct span text = dns_txt(work->arena, answer->rdata[0]);

	*trouble = "it is too long";
	if (text.len > SPF_MACRO_MAX_TEXT)
		return (NULL);
	*trouble = spf_macro_check(text, SPF_MACRO_TEXT);
	if (*trouble != NULL)
		return (NULL);
	spf_target_values(work, domain, &values);
	const char *expanded = spf_macro_text(work->arena, text, &values);

	*trouble = "it is empty or too long";
	if (expanded == NULL || expanded[0] == '\0')
		return (NULL);
	return (clean(work->arena, expanded));
}

const char *
spf_explanation_find(struct spf_work *work, struct span exp, const char *domain)
{
	struct dns_answer answer;
	const char *trouble;
	const char *name;

	if (exp.len == 0)
		return (NULL);
	trace_add(work->trace, "spf", 0,
	    "\"exp=%s\" in the record of %s: its explanation",
	    spf_record_show(work->arena, exp), domain);
	if (!spf_target_find(work, exp, domain, &name) || name == NULL)
		return (NULL);
	/* RFC 7208 4.6.4: this look-up is not counted. */
	spf_ask(work, name, DNS_TYPE_TXT, &answer);
	const char *text = use(work, &answer, domain, &trouble);

	trace_add(work->trace, "spf", 1, "%s%s",
	    text == NULL ? "not used: " : "it reads: ",
	    text == NULL ? trouble : text);
	return (text);
}
