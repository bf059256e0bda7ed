# mailreeve-junk.sieve: what mailreeve-milter tags, or mailreeve-policyd scores
# as junk, goes into Junk.
#
# The first word of X-Mailreeve-Verdict is what the milter decided, that of
# X-Mailreeve-Score what the policy daemon did.  The milter deletes every such
# field that comes from outside, so that only theirs are left.  Mail without one
# goes its way.
#
# Compile it as root whenever it has changed, because Dovecot itself may not
# write here:  sievec /etc/dovecot/sieve/mailreeve-junk.sieve

require ["fileinto", "ihave", "index", "mailbox"];

# Of several scores the first one counts: what Postfix prepends stands on top.
if anyof (header :matches "X-Mailreeve-Verdict" ["tag", "tag;*"],
	header :index 1 :matches "X-Mailreeve-Score" ["junk", "junk *"]) {
	# Filing it ends the sequence of scripts: no filter, redirection or
	# vacation notice of the user's acts on what a forger wrote.
	if ihave "special-use" {
		# RFC 8579: the mailbox that the user's programs show as the
		# junk folder, whatever its name; "Junk" where none is.
		fileinto :specialuse "\\Junk" :create "Junk";
	} else {
		fileinto :create "Junk";
	}
}
