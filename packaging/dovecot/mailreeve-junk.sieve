# mailreeve-junk.sieve: what mailreeve-milter tags goes into Junk.
#
# The first word of X-Mailreeve-Verdict is what the milter decided.  It deletes
# every such field that comes from outside, so that only its own is left.  Mail
# without one goes its way.
#
# Compile it as root whenever it has changed, because Dovecot itself may not
# write here:  sievec /etc/dovecot/sieve/mailreeve-junk.sieve

require ["fileinto", "ihave", "mailbox"];

if header :matches "X-Mailreeve-Verdict" ["tag", "tag;*"] {
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
