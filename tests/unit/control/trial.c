/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Try, promote, drop and rollback, with a compiler that is a few lines of shell and a dataplane
 * that is a socket: what it is handed, what control says, and what a control that starts anew goes
 * on with. The compiler makes a generation whose number is 100 and how many files were compiled.
 */
#include "control/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/channel/attend.h"
#include "control/answer.h"
#include "scanners/signature/generation_file.h"
#include "tests/unit/control/rig.h"

#define TURNS_MAX   5000
#define FILES_KNOWN 4

static const char compiler[] =
    "#!/bin/sh\n"
    "files=0\n"
    "while [ $# -gt 0 ]; do\n"
    "  case $1 in\n"
    "  --output) out=$2; shift ;;\n"
    "  --memory-mib | --timeout-s | --nice | --reuse | --report | --bad | --good) shift ;;\n"
    "  --*) ;;\n"
    "  *) files=$((files + 1))\n"
    "    if grep -q wrong \"$1\"; then\n"
    "      echo \"sluice-sigc: $1:1: expected NAME\" >&2; exit 2\n"
    "    fi\n"
    "    if grep -q nothing \"$1\"; then loaded=1; fi ;;\n"
    "  esac\n"
    "  shift\n"
    "done\n"
    "cp \"$(dirname \"$0\")/made.$files\" \"$out\"\n"
    "echo '{\"loaded\": '${loaded:-2}', \"names\": [{\"name\": \"N\", \"file\": \"x\",'\n"
    "echo '\"line\": 7, \"reason\": \"a reason\"}], \"sandbox\": []}'\n";

/* A dataplane as control sees it. */
struct fake {
	int listener, fd;
	struct region *region;
	bool refuses, is_silent;
	uint64_t generation, shadow; /* what it runs, by the numbers in the files */
	unsigned handed;             /* files */
};

struct place {
	struct rig rig;
	struct fake fake;
	json_t *answer;
};

static void
write_text(const char *directory, const char *name, const void *bytes, size_t count, mode_t mode)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
	CHECK_ROW(name, fd >= 0 && write(fd, bytes, count) == (ssize_t)count);
	close(fd);
}

static void
make_generations(const char *directory)
{
	for (unsigned i = 0; i < FILES_KNOWN; i++) {
		struct generation_header h = { .version = GENERATION_VERSION, .id = 100 + i };
		char name[16];

		memcpy(h.magic, GENERATION_MAGIC, sizeof(h.magic));
		snprintf(name, sizeof(name), "made.%u", i);
		write_text(directory, name, &h, sizeof(h), 0600);
	}
}

static void
fake_start(struct fake *f, const char *path)
{
	static const struct region_shape shape = { .cores = 2,
		.notices = 8,
		.records = 8,
		.commands = 4,
		.observations = 4,
		.arena_blocks = 4 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	f->fd = -1;
	f->generation = f->shadow = 0;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	f->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK(bind(f->listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(listen(f->listener, 4) == 0);
	CHECK(region_create(&shape, &f->region) == 0);
}

static void
fake_end(struct fake *f)
{
	if (f->fd >= 0)
		close(f->fd);
	close(f->listener);
	region_close(f->region);
	f->fd = -1;
}

static uint64_t
id_of(int fd)
{
	struct generation_header h = { .id = 0 };

	CHECK(fd < 0 || pread(fd, &h, sizeof(h), 0) == (ssize_t)sizeof(h));
	return h.id;
}

static void
fake_take(struct fake *f, const struct attend_message *m, int fd)
{
	struct attend_message reply = {
		.version = ATTEND_VERSION, .kind = ATTEND_DONE, .serial = m->serial
	};

	f->handed += m->kind != ATTEND_POLICY;
	if (f->refuses && m->kind != ATTEND_POLICY && fd >= 0) {
		reply.kind = ATTEND_FAILED;
		strcpy(reply.text, "no room for it");
	} else if (m->kind == ATTEND_GENERATION) {
		f->generation = id_of(fd);
		region_set_generation(f->region, f->generation);
	} else if (m->kind == ATTEND_SHADOW) {
		f->shadow = id_of(fd);
		region_set_shadow(f->region, f->shadow);
	}
	if (fd >= 0)
		close(fd);
	CHECK(f->is_silent || attend_send(f->fd, &reply, -1) == 0);
}

static void
fake_turn(struct fake *f)
{
	struct attend_message m = { .version = ATTEND_VERSION, .kind = ATTEND_HELLO, .pid = 7 };
	int fd = f->listener >= 0 ? accept4(f->listener, NULL, NULL, SOCK_NONBLOCK) : -1;

	if (fd >= 0) {
		f->fd = fd;
		CHECK(attend_send(f->fd, &m, region_fd(f->region)) == 0);
	}
	while (f->fd >= 0 && attend_receive(f->fd, &m, &fd) == 0)
		fake_take(f, &m, fd);
}

static void
place_turn(struct place *p)
{
	rig_turn(&p->rig);
	fake_turn(&p->fake);
}

/* Until control has taken the region and all that it handed over at first was answered. */
static void
settle(struct place *p)
{
	for (unsigned i = 0; i < TURNS_MAX && p->rig.control.region == NULL; i++)
		place_turn(p);
	for (unsigned i = 0; i < 30 || p->rig.control.compiling; i++)
		place_turn(p);
	CHECK(p->rig.control.region != NULL);
}

static void
place_make(struct place *p)
{
	char path[100];
	struct control *c = &p->rig.control;

	memset(p, 0, sizeof(*p));
	rig_make(&p->rig);
	make_generations(p->rig.directory);
	write_text(p->rig.directory, "sigc", compiler, strlen(compiler), 0700);
	snprintf(path, sizeof(path), "%s/sigc", p->rig.directory);
	c->compiler = strdup(path);
	snprintf(c->paths.dataplane_socket, sizeof(c->paths.dataplane_socket), "%s/dataplane.sock",
	    p->rig.directory);
	fake_start(&p->fake, c->paths.dataplane_socket);
	generation_start(c);
	attach_start(c);
	settle(p);
}

static void
place_remove(struct place *p)
{
	char *path = (char *)(uintptr_t)p->rig.control.compiler;

	attach_stop(&p->rig.control);
	fake_end(&p->fake);
	json_decref(p->answer);
	rig_remove(&p->rig);
	free(path);
}

/* As after a kill: what was in memory is gone, the dataplane is the same. */
static void
restart_control(struct place *p)
{
	struct control *c = &p->rig.control;

	attach_stop(c);
	for (unsigned i = 0; i < 10; i++)
		rig_turn(&p->rig);
	trial_destroy(c->trial);
	c->trial = trial_create(c);
	generation_start(c);
	attach_start(c);
	settle(p);
}

static void
on_answer(void *arg, json_t *answer)
{
	struct place *p = arg;

	CHECK(p->answer == NULL); /* once */
	p->answer = answer;
}

/* Begins it; a refusal at once is the answer. */
static void
begin(struct place *p, json_t *request)
{
	json_t *refusal;

	json_decref(p->answer);
	p->answer = NULL;
	refusal = trial_ask(
	    p->rig.control.trial, request, getpid(), (struct observed_by){ on_answer, p });
	if (refusal != NULL)
		p->answer = refusal;
	json_decref(request);
}

/* The answer's error, "" where it was done. */
static const char *
ask(struct place *p, json_t *request)
{
	const char *error;

	begin(p, request);
	for (unsigned i = 0; i < TURNS_MAX && p->answer == NULL; i++)
		place_turn(p);
	for (unsigned i = 0; i < 5; i++)
		place_turn(p);
	error = json_string_value(json_object_get(p->answer, "error"));
	if (p->answer == NULL)
		return "no answer";
	return json_is_true(json_object_get(p->answer, "ok")) ? "" : error;
}

static json_t *
word(const char *what)
{
	return json_pack("{s:s, s:b}", "command", "sig", what, 1);
}

/* `sig try` of files of these texts, in the rig's directory. */
static json_t *
try_of(struct place *p, const char *first, const char *second)
{
	const char *texts[] = { first, second };
	json_t *files = json_array();

	for (unsigned i = 0; i < 2 && texts[i] != NULL; i++) {
		char name[32], path[128];

		snprintf(name, sizeof(name), "new%u.lit", i);
		write_text(p->rig.directory, name, texts[i], strlen(texts[i]), 0600);
		snprintf(path, sizeof(path), "%s/%s", p->rig.directory, name);
		/* As sluicectl's are, they stay open until the answer; here, until the end. */
		json_array_append_new(files,
		    json_pack("{s:s, s:i}", "name", path, "fd", open(path, O_RDONLY | O_CLOEXEC)));
	}
	return json_pack("{s:s, s:o}", "command", "sig", "try", files);
}

static bool
stored(const struct place *p, const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", p->rig.directory, name);
	return access(path, F_OK) == 0;
}

TEST(a_try_runs_beside_what_serves_and_outlives_control)
{
	struct place p;

	place_make(&p);
	CHECK(p.fake.shadow == 0 && !stored(&p, "shadow"));
	CHECK_ROW("try", strcmp(ask(&p, try_of(&p, "one", "two")), "") == 0);
	CHECK(p.fake.shadow == 102 && p.fake.generation == 0);
	CHECK(json_integer_value(json_object_get(p.answer, "loaded")) == 1);
	CHECK(json_array_size(json_object_get(p.answer, "files")) == 2);
	CHECK(stored(&p, "shadow") && stored(&p, "tried/1/0/new0.lit"));
	CHECK(stored(&p, "tried/1/1/new1.lit"));
	restart_control(&p);
	CHECK(p.fake.shadow == 102 && tried_trial(&p.rig.control.tried) != NULL);
	CHECK_ROW("another", strcmp(ask(&p, try_of(&p, "one", NULL)), "") == 0);
	CHECK(p.fake.shadow == 101 && stored(&p, "tried/2") && !stored(&p, "tried/1"));
	CHECK_ROW("drop", strcmp(ask(&p, word("drop")), "") == 0);
	for (unsigned i = 0; i < 20; i++)
		place_turn(&p);
	CHECK(p.fake.shadow == 0 && !stored(&p, "shadow") && !stored(&p, "tried/2"));
	place_remove(&p);
}

TEST(a_try_that_fails_leaves_the_one_before)
{
	struct place p;
	char expected[200];

	place_make(&p);
	CHECK(strcmp(ask(&p, try_of(&p, "one", NULL)), "") == 0);
	snprintf(expected, sizeof(expected), "%s/new1.lit:1: expected NAME", p.rig.directory);
	CHECK_ROW(expected, strcmp(ask(&p, try_of(&p, "one", "wrong")), expected) == 0);
	CHECK(strcmp(ask(&p, try_of(&p, "nothing", NULL)),
		  "nothing in these files can be tried: x:7: N: a reason") == 0);
	p.fake.refuses = true;
	CHECK(strcmp(ask(&p, try_of(&p, "one", "two")), "no room for it") == 0);
	p.fake.refuses = false;
	CHECK(p.fake.shadow == 101 && stored(&p, "tried/1"));
	CHECK(!stored(&p, "tried/2") && !stored(&p, "tried/3") && !stored(&p, "tried/4"));
	restart_control(&p);
	CHECK(p.fake.shadow == 101);
	place_remove(&p);
}

/* How often a core was told to forget its verdicts. */
static unsigned
clears(const struct place *p, uint32_t core)
{
	struct command c;
	unsigned n = 0;

	while (command_take(region_core(p->fake.region, core), &c))
		n += c.kind == COMMAND_CACHE_CLEAR;
	return n;
}

TEST(what_is_promoted_serves_and_a_rollback_takes_it_back)
{
	struct place p;
	const struct tried *t = &p.rig.control.tried;

	place_make(&p);
	CHECK(strcmp(ask(&p, try_of(&p, "one", NULL)), "") == 0);
	CHECK(strcmp(ask(&p, word("promote")), "") == 0);
	CHECK(p.fake.generation == 101 && stored(&p, "previous.gen"));
	CHECK(tried_trial(t) == NULL && json_array_size(tried_promoted(t)) == 1);
	CHECK(p.fake.shadow == 0 && !stored(&p, "shadow") && stored(&p, "tried/1"));
	restart_control(&p); /* compiles: with what was promoted */
	CHECK(p.fake.generation == 101 && json_array_size(tried_promoted(t)) == 1);
	CHECK(clears(&p, 0) == 0 && clears(&p, 1) == 0);

	CHECK(strcmp(ask(&p, word("rollback")), "") == 0);
	CHECK(p.fake.generation == 100 && json_array_size(tried_promoted(t)) == 0);
	CHECK(clears(&p, 0) == 1 && clears(&p, 1) == 1);
	CHECK(tried_is_pinned(t) && !stored(&p, "tried/1") && !stored(&p, "previous.gen"));
	CHECK(strcmp(ask(&p, word("rollback")), "no generation before this one is kept") == 0);
	restart_control(&p);
	CHECK(p.fake.generation == 100 && tried_is_pinned(t));
	CHECK(generation_compile(&p.rig.control) == 0); /* a reload: the sources are asked again */
	settle(&p);
	CHECK(!tried_is_pinned(t));
	place_remove(&p);
}

/* What was promoted and can't be compiled any more, as by another version, is named as it was. */
TEST(a_promoted_file_that_went_bad_is_named)
{
	struct place p;
	char path[200], expected[300];

	place_make(&p);
	CHECK(strcmp(ask(&p, try_of(&p, "one", NULL)), "") == 0);
	CHECK(strcmp(ask(&p, word("promote")), "") == 0);
	snprintf(path, sizeof(path), "%s/tried/1/0", p.rig.directory);
	write_text(path, "new0.lit", "wrong", 5, 0600);
	CHECK(generation_compile(&p.rig.control) == 0);
	settle(&p);
	snprintf(expected, sizeof(expected), "sluice-sigc: %s/new0.lit:1: expected NAME",
	    p.rig.directory);
	CHECK_ROW(p.rig.control.compile_error, strcmp(p.rig.control.compile_error, expected) == 0);
	CHECK(p.fake.generation == 101);
	CHECK(strcmp(ask(&p, json_pack("{s:s}", "drop", "promoted")), "") == 0);
	CHECK(p.fake.generation == 100 && p.rig.control.compile_error[0] == 0);
	place_remove(&p);
}

/* Promoted twice, dropped at once; and back to what was promoted. */
TEST(what_was_promoted_can_be_dropped)
{
	struct place p;
	const struct tried *t = &p.rig.control.tried;

	place_make(&p);
	CHECK(strcmp(ask(&p, json_pack("{s:s}", "drop", "promoted")), "nothing is promoted") == 0);
	for (unsigned i = 1; i <= 2; i++) {
		CHECK_SEED(i, strcmp(ask(&p, try_of(&p, "one", NULL)), "") == 0);
		CHECK_SEED(i, strcmp(ask(&p, word("promote")), "") == 0);
		CHECK_SEED(i, p.fake.generation == 100 + i);
	}
	CHECK(strcmp(ask(&p, json_pack("{s:s}", "drop", "promoted")), "") == 0);
	CHECK(p.fake.generation == 100 && json_array_size(tried_promoted(t)) == 0);
	CHECK(stored(&p, "tried/1") && stored(&p, "tried/2")); /* of the generation before */
	CHECK(strcmp(ask(&p, word("rollback")), "") == 0);
	CHECK(p.fake.generation == 102 && json_array_size(tried_promoted(t)) == 2);
	place_remove(&p);
}

/* The dataplane refuses what should serve: everything is as it was. */
TEST(a_refused_change_is_put_back)
{
	struct place p;
	const struct tried *t = &p.rig.control.tried;

	place_make(&p);
	CHECK(strcmp(ask(&p, try_of(&p, "one", NULL)), "") == 0);
	CHECK(strcmp(ask(&p, word("promote")), "") == 0);
	CHECK(strcmp(ask(&p, try_of(&p, "two", NULL)), "") == 0);
	p.fake.refuses = true;
	CHECK(strcmp(ask(&p, word("promote")), "no room for it") == 0);
	p.fake.refuses = false;
	CHECK(p.fake.generation == 101 && tried_trial(t) != NULL);
	CHECK(json_array_size(tried_promoted(t)) == 1 && stored(&p, "tried/2"));
	restart_control(&p);
	CHECK(p.fake.generation == 101 && p.fake.shadow == 101);

	CHECK(strcmp(ask(&p, word("promote")), "") == 0 && p.fake.generation == 102);
	p.fake.refuses = true;
	CHECK(strcmp(ask(&p, word("rollback")), "no room for it") == 0);
	p.fake.refuses = false;
	CHECK(!tried_is_pinned(t) && json_array_size(tried_promoted(t)) == 2);
	restart_control(&p);
	CHECK(p.fake.generation == 102);
	CHECK(strcmp(ask(&p, word("rollback")), "") == 0 && p.fake.generation == 101);
	place_remove(&p);
}

/* The disk has no room for the state, or for a file's second name: a change is refused, and neither
 * what serves nor what a rollback returns to is another. */
TEST(a_change_that_finds_no_room_changes_nothing)
{
	static const char *const in_the_way[] = { "signatures.json.new", "previous.new" };

	for (unsigned i = 0; i < COUNT_OF(in_the_way); i++) {
		struct place p;
		char path[200];
		const char *said;

		place_make(&p);
		CHECK(strcmp(ask(&p, try_of(&p, "one", NULL)), "") == 0);
		CHECK(strcmp(ask(&p, word("promote")), "") == 0);
		CHECK(strcmp(ask(&p, try_of(&p, "two", NULL)), "") == 0);
		snprintf(path, sizeof(path), "%s/%s", p.rig.directory, in_the_way[i]);
		CHECK(mkdir(path, 0700) == 0);
		said = ask(&p, word("promote"));
		CHECK_ROW(in_the_way[i],
		    strncmp(said, "the state directory can't be written: ", 38) == 0);
		CHECK(p.fake.generation == 101 && tried_trial(&p.rig.control.tried) != NULL);
		CHECK(p.rig.control.compile_error[0] != 0);
		CHECK(rmdir(path) == 0);
		CHECK_ROW(in_the_way[i], strcmp(ask(&p, word("rollback")), "") == 0);
		CHECK_ROW(in_the_way[i], p.fake.generation == 100);
		place_remove(&p);
	}
}

/* Who asked is answered though the dataplane ends, and the next one gets what was asked for. */
TEST(a_dataplane_that_ends_amid_a_change)
{
	static const char *const rows[] = { "try", "promote" };

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct place p;
		unsigned handed;

		place_make(&p);
		if (i == 1)
			CHECK(strcmp(ask(&p, try_of(&p, "one", NULL)), "") == 0);
		if (i == 1)
			CHECK(strcmp(ask(&p, word("promote")), "") == 0);
		CHECK(strcmp(ask(&p, try_of(&p, "one", NULL)), "") == 0);
		p.fake.is_silent = true;
		handed = p.fake.handed;
		begin(&p, i == 0 ? try_of(&p, "one", "two") : word("promote"));
		for (unsigned n = 0; n < TURNS_MAX && p.fake.handed == handed; n++)
			place_turn(&p);
		fake_end(&p.fake);
		p.fake.listener = -1;
		CHECK_ROW(rows[i], p.answer == NULL);
		for (unsigned n = 0; n < TURNS_MAX && p.answer == NULL; n++)
			place_turn(&p);
		CHECK_ROW(rows[i], json_is_false(json_object_get(p.answer, "ok")));
		p.fake.is_silent = false;
		fake_start(&p.fake, p.rig.control.paths.dataplane_socket);
		settle(&p);
		CHECK_ROW(rows[i], p.fake.generation == (i == 0 ? 0u : 102u));
		CHECK_ROW(rows[i], p.fake.shadow == (i == 0 ? 101u : 0u));
		place_remove(&p);
	}
}

#define EXPECTED                                                                         \
	"try: expected {\"name\": \"/path\", \"fd\": N} for each of 64 files, then the " \
	"same with \"of\": NUMBER, \"as\": \"path\" for what they include"

TEST(what_cannot_be_done_is_refused_and_one_thing_is_done_at_a_time)
{
	static const struct {
		const char *name, *request, *error;
	} rows[] = {
		{ "nothing to promote", "{\"promote\": true}", "nothing is tried" },
		{ "nothing to drop", "{\"drop\": true}", "nothing is tried" },
		{ "drop of what", "{\"drop\": \"all\"}",
		    "sig: expected try, promote, rollback or drop" },
		{ "promote of what", "{\"promote\": 1}",
		    "sig: expected try, promote, rollback or drop" },
		{ "no files", "{\"try\": []}",
		    "try: expected 1 to 64 files, and at most 128 that they include" },
		{ "no list", "{\"try\": \"/etc/passwd\"}",
		    "try: expected 1 to 64 files, and at most 128 that they include" },
		{ "no descriptor", "{\"try\": [{\"name\": \"/a\"}]}", EXPECTED },
		{ "no absolute name", "{\"try\": [{\"name\": \"a\", \"fd\": 0}]}", EXPECTED },
		{ "a directory up", "{\"try\": [{\"name\": \"/a/..\", \"fd\": 0}]}", EXPECTED },
		{ "included by none",
		    "{\"try\": [{\"name\": \"/a\", \"fd\": 0, \"of\": 0, \"as\": \"b\"}]}",
		    EXPECTED },
		{ "a control character", "{\"try\": [{\"name\": \"/a\\n\", \"fd\": 0}]}",
		    EXPECTED },
	};
	struct place p;
	json_t *none = json_object();

	place_make(&p);
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		json_t *request = json_loads(rows[i].request, 0, NULL);

		CHECK_ROW(rows[i].name, trial_is_asked(request));
		CHECK_ROW(rows[i].name, strcmp(ask(&p, request), rows[i].error) == 0);
	}
	CHECK(strcmp(ask(&p, try_of(&p, "one", NULL)), "") == 0);
	begin(&p, try_of(&p, "one", "two"));
	CHECK(p.answer == NULL);
	p.answer =
	    trial_ask(p.rig.control.trial, none, getpid(), (struct observed_by){ on_answer, &p });
	CHECK(json_is_true(json_object_get(p.answer, "unavailable")));
	json_decref(p.answer);
	p.answer = NULL;
	for (unsigned i = 0; i < TURNS_MAX && p.answer == NULL; i++)
		place_turn(&p);
	CHECK(json_is_true(json_object_get(p.answer, "ok")) && p.fake.shadow == 102);
	json_decref(none);
	place_remove(&p);
}

static void
put_record(struct place *p, uint8_t number, enum shadow said, uint64_t generation, bool is_bad)
{
	struct store_trial_totals sum = { 0 };
	struct record_slot slot = { .record = { .wall_ns = 1764063314691000000 + number,
					.shadow = (uint8_t)said,
					.shadow_generation = generation,
					.shadow_offset = 9,
					.verdict = is_bad ? VERDICT_BAD : VERDICT_CLEAN,
					.source = SOURCE_SCANNED } };

	memset(slot.record.uuid, number, sizeof(slot.record.uuid));
	record_text_put(&slot, RECORD_TEXT_URL, span_text("example.test/'a"));
	record_text_put(&slot, RECORD_TEXT_SHADOW, span_text("Tried.A"));
	CHECK(store_begin(p->rig.control.store) == 0);
	trial_note(p->rig.control.trial, &slot, &sum);
	store_put_trial_totals(p->rig.control.store, &sum);
	CHECK(store_commit(p->rig.control.store) == 0);
}

static const char *
path_text(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL ? text : "";
}

TEST(what_it_found_is_told)
{
	struct place p;
	json_t *request = json_object(), *out, *tried, *rule, *found;

	place_make(&p);
	CHECK(strcmp(ask(&p, try_of(&p, "one", NULL)), "") == 0);
	put_record(&p, 1, SHADOW_CLEAN, 101, false);
	put_record(&p, 2, SHADOW_BAD, 101, false);
	put_record(&p, 3, SHADOW_BAD, 101, true);
	put_record(&p, 4, SHADOW_BAD, 99, false); /* of a try before */
	put_record(&p, 5, SHADOW_NONE, 0, false);
	out = answer_sig(&p.rig.control, request);
	tried = json_object_get(out, "tried");
	CHECK(json_integer_value(json_object_get(tried, "objects")) == 3);
	CHECK(json_integer_value(json_object_get(tried, "clean")) == 1);
	CHECK(json_integer_value(json_object_get(tried, "bad")) == 2);
	CHECK(json_is_true(json_object_get(tried, "running")));
	CHECK(json_array_size(json_object_get(tried, "rules")) == 1);
	rule = json_array_get(json_object_get(tried, "rules"), 0);
	CHECK(strcmp(path_text(rule, "threat"), "Tried.A") == 0);
	CHECK(json_integer_value(json_object_get(rule, "objects")) == 2);
	CHECK(json_integer_value(json_object_get(rule, "new")) == 1);
	found = json_array_get(json_object_get(tried, "found"), 1);
	CHECK(strcmp(path_text(found, "url"), "example.test/\\x27a") == 0);
	CHECK(strcmp(path_text(found, "time"), "2025-11-25T09:35:14.691Z") == 0);
	CHECK(json_is_true(json_object_get(found, "new")));
	CHECK(json_integer_value(json_object_get(found, "offset")) == 9);
	json_decref(out);
	CHECK(strcmp(ask(&p, try_of(&p, "one", "two")), "") == 0); /* begins with nothing */
	out = answer_sig(&p.rig.control, request);
	tried = json_object_get(out, "tried");
	CHECK(json_integer_value(json_object_get(tried, "objects")) == 0);
	CHECK(json_array_size(json_object_get(tried, "rules")) == 0);
	json_decref(out);
	json_decref(request);
	place_remove(&p);
}
