#!/bin/bash
# stream.sh FOLDER: on the host, send mail through SMTP and through sendmail(1)
# until FOLDER/stop is there.  Each message has its own subject and is sent once
# more when it was deferred.  What was sent is then in FOLDER/sent, how often
# it was deferred in FOLDER/deferred.
set -u
folder=$1
sent=0 deferred=0

while [ ! -e "$folder/stop" ]; do
	sent=$((sent + 1))
	until smtp-source -m 1 -l 500 -S "number $sent" -f alice@a.example \
		-t bob@mx.a.example 127.0.0.1:25 2>>"$folder/reasons"; do
		deferred=$((deferred + 1))
		sleep 0.05
	done
	sent=$((sent + 1))
	printf 'From: alice@a.example\nTo: bob@mx.a.example\nSubject: number %s\n\nHello\n' \
		"$sent" | sendmail -i -f alice@a.example bob@mx.a.example
	sleep 0.02
done
echo "$sent" >"$folder/sent"
echo "$deferred" >"$folder/deferred"
