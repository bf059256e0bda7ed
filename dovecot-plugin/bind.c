#include "bind.h"

#include <unistd.h>

#include "link.h"

void
bind_owner(const struct holder *holder)
{
	uid_t owner = holder->user->uid;
	struct ledger_request request;
	struct holder all;

	/* LMTP has the user's effective number meanwhile. */
	if (getuid() != 0 || owner == 0 || owner == (uid_t)-1)
		return;
	holder_whole(holder, &all);
	holder_request(&all, LEDGER_BIND, &request);
	request.size = owner;
	link_send(holder->user, &request);
}
