/*
 * empty.c: a filter that takes every callback that mailreeve-milter takes, asks
 * for the same macros and does nothing: what libmilter itself costs.  Usage:
 * bench_empty SOCKET [field]; with "field" it adds a header field to each
 * message, as every filter that verifies or signs must.
 */
#include <libmilter/mfapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SILENT_STEPS                                                           \
	(SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_RCPT | SMFIP_NR_HDR |        \
	    SMFIP_NR_EOH | SMFIP_NR_BODY)
#define PACKET_MAX ((size_t)1024 * 1024 - 1)

static bool adds_field;

static sfsistat
on_negotiate(SMFICTX *context, unsigned long actions, unsigned long steps,
    unsigned long unused2, unsigned long unused3, unsigned long *want_actions,
    unsigned long *want_steps, unsigned long *want2, unsigned long *want3)
{
	char connect[] = "j {daemon_name}", mail[] = "{auth_authen}",
	     end[] = "i";

	(void)actions;
	(void)unused2;
	(void)unused3;
	(void)smfi_setsymlist(context, SMFIM_CONNECT, connect);
	(void)smfi_setsymlist(context, SMFIM_ENVFROM, mail);
	(void)smfi_setsymlist(context, SMFIM_EOM, end);
	*want_actions = SMFIF_ADDHDRS | SMFIF_CHGHDRS;
	*want_steps = (SMFIP_NOUNKNOWN | SMFIP_NODATA | SMFIP_HDR_LEADSPC |
			  SILENT_STEPS) &
	              steps;
	*want2 = 0;
	*want3 = 0;
	return (SMFIS_CONTINUE);
}

static sfsistat
on_connect(SMFICTX *context, char *name, _SOCK_ADDR *address)
{
	(void)context;
	(void)name;
	(void)address;
	return (SMFIS_NOREPLY);
}

static sfsistat
on_helo(SMFICTX *context, char *name)
{
	(void)context;
	(void)name;
	return (SMFIS_NOREPLY);
}

static sfsistat
on_mail(SMFICTX *context, char **arguments)
{
	(void)context;
	(void)arguments;
	return (SMFIS_CONTINUE);
}

static sfsistat
on_rcpt(SMFICTX *context, char **arguments)
{
	(void)context;
	(void)arguments;
	return (SMFIS_NOREPLY);
}

static sfsistat
on_header(SMFICTX *context, char *name, char *value)
{
	(void)context;
	(void)name;
	(void)value;
	return (SMFIS_NOREPLY);
}

static sfsistat
on_end_of_headers(SMFICTX *context)
{
	(void)context;
	return (SMFIS_NOREPLY);
}

static sfsistat
on_body(SMFICTX *context, unsigned char *bytes, size_t len)
{
	(void)context;
	(void)bytes;
	(void)len;
	return (SMFIS_NOREPLY);
}

static sfsistat
on_end_of_message(SMFICTX *context)
{
	char name[] = "Authentication-Results";
	char value[] = " mx.example; dkim=pass (2048-bit key)\n"
		       "\theader.d=example.com header.s=s "
		       "header.a=rsa-sha256 header.b=MDEyMzQ1";

	if (adds_field && smfi_insheader(context, 0, name, value) != MI_SUCCESS)
		return (SMFIS_TEMPFAIL);
	return (SMFIS_ACCEPT);
}

static sfsistat
on_other(SMFICTX *context)
{
	(void)context;
	return (SMFIS_CONTINUE);
}

int
main(int argc, char **argv)
{
	char name[] = "empty";
	struct smfiDesc filter = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_SETSYMLIST,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eoh = on_end_of_headers,
		.xxfi_body = on_body,
		.xxfi_eom = on_end_of_message,
		.xxfi_abort = on_other,
		.xxfi_close = on_other,
		.xxfi_negotiate = on_negotiate,
	};

	if (argc < 2) {
		(void)fprintf(stderr, "usage: bench_empty SOCKET [field]\n");
		return (64);
	}
	adds_field = argc > 2 && strcmp(argv[2], "field") == 0;
	(void)smfi_setmaxdatasize(PACKET_MAX);
	if (smfi_setconn(argv[1]) != MI_SUCCESS ||
	    smfi_register(filter) != MI_SUCCESS)
		return (EXIT_FAILURE);
	return (smfi_main() == MI_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE);
}
