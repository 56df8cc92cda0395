/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-sigc: arguments, limits, report. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/base/version.h"
#include "tools/sigc/sigc.h"

static const char usage[] =
    "usage: sluice-sigc --output FILE [OPTION]... [SOURCE]...\n"
    "Compiles signatures into one generation. Sources are files or directories: .lit .ndb .ndu "
    ".ldb .ldu .cdb .ign2 .hdb .hdu .hsb .hsu .mdb .mdu .msb .msu .hash .md5 .sha1 .sha256 .fp "
    ".sfp "
    ".yar .yara .cvd .cld\n\n"
    "  --bad LIST          domains or URLs of a bad reputation, in the forms of many lists; "
    "repeatable\n"
    "  --good LIST         the same, with a good one: wins over bad\n"
    "  --report text|json  by file: what was loaded, left out and why, there twice, and its cost\n"
    "  --sandbox           there is one: take YARA rules that only libyara can judge, for it\n"
    "  --unsigned          take .cvd that ClamAV's key did not sign, and .cld, which nobody signs\n"
    "  --memory-mib N      give up beyond this much memory, 1 to 1048576\n"
    "  --timeout-s N       give up after this much CPU time, 1 to 86400\n"
    "  --reuse FILE        an earlier generation: what did not change is taken out of it\n"
    "  --threads N         that compile, 1 to 16; one for each CPU it may run on\n"
    "  --nice N            step back for what else the machine does, 1 to 19: at this niceness\n"
    "  --version, --help\n\n"
    "exit: 0 written; 2 a source is malformed (FILE:LINE), or what is made can't be written, 1 "
    "a limit is reached: there is no new generation, unless it says so\n";

static int
read_number(struct sigc *s, const char *option, const char *text, unsigned most, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != 0 || n < 1 || n > most) {
		snprintf(
		    s->error, sizeof(s->error), "%s '%.50s': expected 1 to %u", option, text, most);
		return -EINVAL;
	}
	*out = (unsigned)n;
	return 0;
}

/* `grace`: how far beyond it the process is ended if it has not ended itself. */
static int
limit(struct sigc *s, const char *option, const char *text, int resource)
{
	bool is_time = resource == RLIMIT_CPU;
	rlim_t unit = is_time ? 1 : 1 << 20, grace = is_time ? 2 : 0;
	unsigned n;
	int rc = read_number(s, option, text, is_time ? 86400 : 1048576, &n);

	if (rc == 0 && setrlimit(resource, &(struct rlimit){ n * unit, n * unit + grace }) != 0) {
		snprintf(s->error, sizeof(s->error), "%s '%s': %s", option, text, strerror(errno));
		return -EINVAL;
	}
	return rc;
}

/* Of this process; a machine that does nothing else runs it as fast. */
static int
step_back(struct sigc *s, const char *text)
{
	unsigned n;
	int rc = read_number(s, "--nice", text, 19, &n);

	if (rc == 0)
		setpriority(PRIO_PROCESS, 0, (int)n);
	return rc;
}

static int
read_report(struct sigc *s, const char *word, bool *as_json)
{
	*as_json = strcmp(word, "json") == 0;
	if (*as_json || strcmp(word, "text") == 0)
		return 0;
	snprintf(s->error, sizeof(s->error), "--report '%.50s': expected text or json", word);
	return -EINVAL;
}

static int
refuse(const struct sigc *s)
{
	char shown[4 * SIGC_ERROR_MAX];

	fprintf(stderr, "sluice-sigc: %s\n", sigc_show(s->error, shown, sizeof(shown)));
	return 2;
}

int
main(int argc, char **argv)
{
	enum {
		OUTPUT = 1,
		BAD,
		GOOD,
		REPORT,
		SANDBOX,
		UNSIGNED,
		MEMORY,
		TIMEOUT,
		NICE,
		REUSE,
		THREADS,
		VERSION,
		HELP
	};
	static const struct option known[] = { { "output", 1, NULL, OUTPUT },
		{ "bad", 1, NULL, BAD }, { "good", 1, NULL, GOOD }, { "report", 1, NULL, REPORT },
		{ "sandbox", 0, NULL, SANDBOX }, { "unsigned", 0, NULL, UNSIGNED },
		{ "memory-mib", 1, NULL, MEMORY }, { "timeout-s", 1, NULL, TIMEOUT },
		{ "nice", 1, NULL, NICE }, { "reuse", 1, NULL, REUSE },
		{ "threads", 1, NULL, THREADS }, { "version", 0, NULL, VERSION },
		{ "help", 0, NULL, HELP }, { 0 } };
	static struct sigc s;
	const char *output = NULL;
	bool as_json = false;
	int c, rc = 0;

	sigc_watch_time();
	sigc_add_built_in(&s);
	while (rc == 0 && (c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == OUTPUT)
			output = optarg;
		else if (c == BAD || c == GOOD)
			rc =
			    sigc_read_list(&s, optarg, c == BAD ? REPUTATION_BAD : REPUTATION_GOOD);
		else if (c == REPORT)
			rc = read_report(&s, optarg, &as_json);
		else if (c == SANDBOX)
			s.has_sandbox = true;
		else if (c == UNSIGNED)
			s.takes_unsigned = true;
		else if (c == MEMORY)
			rc = limit(&s, "--memory-mib", optarg, RLIMIT_AS);
		else if (c == TIMEOUT)
			rc = limit(&s, "--timeout-s", optarg, RLIMIT_CPU);
		else if (c == NICE)
			rc = step_back(&s, optarg);
		else if (c == REUSE)
			sigc_take_earlier(&s, optarg);
		else if (c == THREADS)
			rc = read_number(&s, "--threads", optarg, 16, &s.threads);
		else if (c == VERSION || c == HELP)
			return fputs(c == HELP ? usage : "sluice-sigc " SLUICE_VERSION "\n",
				   stdout) < 0;
		else {
			fputs("sluice-sigc: see --help\n", stderr);
			return 2;
		}
	}
	if (rc == 0 && output == NULL) {
		fputs("sluice-sigc: --output is missing, see --help\n", stderr);
		return 2;
	}
	for (; rc == 0 && optind < argc; optind++)
		rc = sigc_read(&s, argv[optind]);
	if (rc == 0)
		rc = sigc_build(&s, output);
	if (rc != 0)
		return refuse(&s);
	sigc_report(&s, stdout, as_json);
	if (fclose(stdout) == 0)
		return 0;
	snprintf(s.error, sizeof(s.error), "%.300s is written, but not the report: %s", output,
	    strerror(errno));
	return refuse(&s);
}
