#include "receiver/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

/* Debian's, where there is no such name. */
#define NOBODY 65534

static int
drop_root(void)
{
	if (geteuid() != 0)
		return (0);
	const struct passwd *nobody = getpwnam("nobody");
	uid_t uid = nobody != NULL ? nobody->pw_uid : NOBODY;
	gid_t gid = nobody != NULL ? nobody->pw_gid : NOBODY;

	if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 ||
	    setresuid(uid, uid, uid) != 0)
		return (-1);
	/* There must be no way back. */
	return (setuid(0) == 0 ? -1 : 0);
}

static int
limit(int resource, rlim_t soft, rlim_t hard)
{
	const struct rlimit value = { .rlim_cur = soft, .rlim_max = hard };

	return (setrlimit((__rlimit_resource_t)resource, &value));
}

/* Sanitizers reserve terabytes before main(), so that the limit is on what
 * comes on top. */
static int
limit_memory(void)
{
	unsigned long pages;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file == NULL)
		return (-1);
	/* NOLINTNEXTLINE(cert-err34-c) */
	int found = fscanf(file, "%lu", &pages);

	(void)fclose(file);
	if (found != 1)
		return (-1);
	rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) +
	              SANDBOX_MEMORY_BYTES;

	return (limit(RLIMIT_AS, most, most));
}

static int
limit_all(void)
{
	if (limit_memory() != 0 || limit(RLIMIT_CORE, 0, 0) != 0 ||
	    limit(RLIMIT_FSIZE, 0, 0) != 0 || limit(RLIMIT_NOFILE, 0, 0) != 0 ||
	    limit(RLIMIT_NPROC, 0, 0) != 0)
		return (-1);
	/* SIGXCPU first, which tells what it was. */
	return (
	    limit(RLIMIT_CPU, SANDBOX_CPU_SECONDS, SANDBOX_CPU_SECONDS + 5));
}

static int
allow_memory(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp no_code =
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp no_file =
	    SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS);

	if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, no_code,
		no_file) != 0 ||
	    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap2), 2,
		no_code, no_file) != 0)
		return (-1);
	return (seccomp_rule_add(
	    filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_code));
}

/* The C library tells standard error why it aborts: that fails, so that the
 * signal which follows can speak. */
static int
allow_pipes(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp in = SCMP_A0(SCMP_CMP_EQ, SANDBOX_IN);
	const struct scmp_arg_cmp out = SCMP_A0(SCMP_CMP_EQ, SANDBOX_OUT);
	const struct scmp_arg_cmp other = SCMP_A0(SCMP_CMP_NE, SANDBOX_OUT);
	const uint32_t refuse = SCMP_ACT_ERRNO(EBADF);

	if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(read), 1, in) !=
		0 ||
	    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, out) !=
		0 ||
	    seccomp_rule_add(filter, refuse, SCMP_SYS(write), 1, other) != 0)
		return (-1);
	return (seccomp_rule_add(filter, refuse, SCMP_SYS(writev), 0));
}

/* The process may signal itself alone: abort(). */
static int
allow_abort(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp self =
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid());

	return (seccomp_rule_add(
	    filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, self));
}

static int
add_rules(scmp_filter_ctx filter)
{
	static const int allowed[] = { SCMP_SYS(brk), SCMP_SYS(munmap),
		SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
		SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getrandom),
		SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
		/* On processors of 32 bits. */
		SCMP_SYS(clock_gettime64), SCMP_SYS(futex_time64),
		SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
		SCMP_SYS(sigaltstack), /* of sanitizers that abort */
		SCMP_SYS(sched_yield), SCMP_SYS(restart_syscall),
		SCMP_SYS(exit), SCMP_SYS(exit_group) };

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) !=
		    0)
			return (-1);
	if (allow_memory(filter) != 0 || allow_pipes(filter) != 0)
		return (-1);
	return (allow_abort(filter));
}

static int
close_doors(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

	if (filter == NULL)
		return (-1);
	int result =
	    add_rules(filter) == 0 && seccomp_load(filter) == 0 ? 0 : -1;

	seccomp_release(filter);
	return (result);
}

int
sandbox_enter(void)
{
	if (drop_root() != 0 || limit_all() != 0)
		return (-1);
	/* Another process of that user may not look into this one; and a change
	 * of user has undone the second. */
	if (prctl(PR_SET_DUMPABLE, 0) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return (-1);
	return (close_doors());
}
