#include "dns/dns_health.h"

void
dns_health_note(
    struct dns_health *health, bool failed, int64_t now, const struct log *log)
{
	if (!failed) {
		*health = (struct dns_health){ 0 };
		return;
	}
	health->failures++;
	if (health->failures < DNS_HEALTH_FAILURES || now < health->again)
		return;
	log_warning(log, "dns_trouble",
	    LOG_NUMBER("failures", health->failures),
	    LOG_TEXT("reason", "no question was answered for a while; see "
			       "`resolvers' and the network"));
	health->again = now + DNS_HEALTH_AGAIN_MS;
}
