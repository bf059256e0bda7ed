#include "check/trust.h"

#include <openssl/x509v3.h>
#include <time.h>

#include "base/buf.h"

#define NAMES_MAX_BYTES 1000

SSL_CTX *
trust_context(const char *ca_file)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (context == NULL)
		return (NULL);
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	if (ca_file != NULL
		? SSL_CTX_load_verify_locations(context, ca_file, NULL) == 1
		: SSL_CTX_set_default_verify_paths(context) == 1)
		return (context);
	SSL_CTX_free(context);
	return (NULL);
}

SSL_CTX *
trust_old_context(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (context == NULL)
		return (NULL);
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	/* Security level 0, or this side would refuse by itself. */
	if (SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0") == 1 &&
	    SSL_CTX_set_min_proto_version(context, TLS1_VERSION) == 1 &&
	    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION) == 1)
		return (context);
	SSL_CTX_free(context);
	return (NULL);
}

const char *
trust_names(X509 *certificate, struct arena *arena)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	struct buf text;

	buf_init(&text, arena, NAMES_MAX_BYTES);
	for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS)
			continue;
		buf_add_str(&text, text.len > 0 ? ", " : "");
		buf_add(
		    &text, span_new(ASN1_STRING_get0_data(name->d.dNSName),
			       (size_t)ASN1_STRING_length(name->d.dNSName)));
	}
	GENERAL_NAMES_free(names);
	return (text.len > 0 ? buf_str(&text) : "no host");
}

int64_t
trust_seconds_left(X509 *certificate, int64_t now)
{
	struct tm tm = { 0 };

	if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1)
		return (-1);
	return ((int64_t)timegm(&tm) - now);
}
