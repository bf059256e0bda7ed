#include "check/check.h"

const struct probe probes[] = {
	{ "records", published_probe,
	    "what the name servers and the resolver "
	    "have" },
	{ "dnssec", dnssec_probe, "signatures of the zone" },
	{ "mx", mx_probe, "the hosts that MX records name" },
	{ "ptr", ptr_probe, "names of the addresses, and the HELO name" },
	{ "spf", spf_probe, "the SPF policy" },
	{ "dkim", dkim_probe, "keys and their records" },
	{ "dmarc", dmarc_probe, "the DMARC policy" },
	{ "mta-sts", mta_sts_probe, "the MTA-STS policy" },
	{ "tlsa", tlsa_probe, "TLSA records beside what is served" },
	{ "caa", caa_probe, "who may issue certificates" },
	{ "bimi", bimi_probe, "the indicator" },
	{ "ports", ports_probe, "services, encryption and certificates" },
	{ "closed", closed_probe, "ports that strangers should not reach" },
	{ "relay", relay_probe, "whether it relays for strangers" },
	{ "outgoing", outgoing_probe, "outgoing port 25" },
	{ "lists", lists_probe, "DNS block lists" },
	{ "clock", timekeeping_probe, "the clock" },
	{ "receivers", as_receiver_probe, "what libspf2 and libopendkim say" },
	{ NULL, NULL, NULL },
};
