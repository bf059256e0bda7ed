#include <sys/timex.h>

#include "check/check.h"

/* Signatures, certificates and greylisting go by the clock.  The kernel knows
 * whether somebody keeps it right. */
void
timekeeping_probe(const struct check *check, struct finding_list *findings)
{
	struct timex state = { 0 };

	(void)check;
	if (adjtimex(&state) != TIME_ERROR &&
	    (state.status & STA_UNSYNC) == 0) {
		finding_ok(findings, "clock", "clock",
		    "the kernel's clock is kept right");
		return;
	}
	finding_add(
	    findings, &(struct finding){
			  .id = "clock.unsynchronized",
			  .subject = "clock",
			  .severity = FINDING_NOTICE,
			  .text = "nobody keeps the kernel's clock right",
			  .command = "apt-get install -y systemd-timesyncd && "
				     "timedatectl set-ntp true",
		      });
}
