/* SPDX-License-Identifier: BSD-3-Clause */
/* One poll() loop over the listener, control's connection and the signals; see attendant.h. */
#include "dataplane/attendant.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/channel/attend.h"

#define RECLAIM_MS       100
#define POLICY_BYTES_MAX (4 << 20)

struct attendant {
	struct attendant_config config;
	int listener, control, signals;
};

static int
listen_on(const char *path, char *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t before;
	int rc;

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path)) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "%s: no socket: %s", path,
		    fd < 0 ? strerror(errno) : "the path is too long");
		if (fd >= 0)
			close(fd);
		return -EINVAL;
	}
	memcpy(address.sun_path, path, strlen(path));
	unlink(path); /* ours alone: main() holds the instance's lock */
	before = umask(0177);
	rc = bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(before);
	if (rc != 0 || listen(fd, 4) != 0) {
		snprintf(
		    error, CONFIG_ERROR_TEXT_MAX, "%s: can't listen: %s", path, strerror(errno));
		close(fd);
		return -EINVAL;
	}
	return fd;
}

static void
stop_signals(sigset_t *out)
{
	sigemptyset(out);
	sigaddset(out, SIGTERM);
	sigaddset(out, SIGINT);
}

void
attendant_block_signals(void)
{
	sigset_t set;

	stop_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int
attendant_create(const struct attendant_config *config, struct attendant **out,
    char error[CONFIG_ERROR_TEXT_MAX])
{
	struct attendant *a = calloc(1, sizeof(*a));
	sigset_t set;

	if (a == NULL) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "out of memory");
		return -ENOMEM;
	}
	a->config = *config;
	a->control = a->signals = -1;
	a->listener = listen_on(config->paths->dataplane_socket, error);
	if (a->listener < 0) {
		attendant_destroy(a);
		return -EINVAL;
	}
	stop_signals(&set);
	a->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (a->signals < 0) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "signalfd: %s", strerror(errno));
		attendant_destroy(a);
		return -EINVAL;
	}
	*out = a;
	return 0;
}

void
attendant_destroy(struct attendant *a)
{
	if (a == NULL)
		return;
	if (a->listener >= 0) {
		close(a->listener);
		unlink(a->config.paths->dataplane_socket);
	}
	if (a->control >= 0)
		close(a->control);
	if (a->signals >= 0)
		close(a->signals);
	free(a);
}

/* Publishes and tells the region's reader which generation serves now, and which is tried. */
static int
publish(struct attendant *a, struct loaded *loaded, struct loaded *shadow, struct policy *policy)
{
	int rc = publisher_publish(a->config.publisher, loaded, shadow, policy);

	if (rc != 0)
		return rc;
	region_set_generation(a->config.region, generation_id(loaded->generation));
	region_set_shadow(a->config.region, shadow != NULL ? generation_id(shadow->generation) : 0);
	return 0;
}

/* The first line of a small file below the state directory; empty when there is none. */
static void
read_state(const struct attendant *a, const char *name, char *out, size_t room)
{
	char path[512];
	FILE *f;

	out[0] = 0;
	snprintf(path, sizeof(path), "%s/%s", a->config.paths->state_directory, name);
	f = fopen(path, "re");
	if (f == NULL)
		return;
	if (fgets(out, (int)room, f) == NULL)
		out[0] = 0;
	fclose(f);
	out[strcspn(out, "\r\n")] = 0;
}

/* The generation whose file STATE/`name` names, NULL: none that can be had; `else_what` is done
 * instead. */
static struct loaded *
load_published(struct attendant *a, const char *name, const char *else_what)
{
	char path[512], error[SIGNATURE_ERROR_TEXT_MAX];
	struct loaded *loaded = NULL;
	int fd;

	read_state(a, name, path, sizeof(path));
	if (path[0] == 0)
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "WRN generation %s: %s; %s\n", path, strerror(errno), else_what);
		return NULL;
	}
	if (loaded_create(fd, a->config.cores, a->config.scans_max, &loaded, error) != 0)
		fprintf(stderr, "WRN generation %s: %s; %s\n", path, error, else_what);
	close(fd);
	return loaded;
}

/* The configuration's policy with the exclusions of another behind its own. */
static int
create_with(const struct config *c, const struct config *kept, struct policy **out,
    char error[CONFIG_ERROR_TEXT_MAX])
{
	struct config merged = *c;
	int rc;

	merged.exclusions_count += kept->exclusions_count;
	merged.exclusions = calloc(merged.exclusions_count + 1, sizeof(*merged.exclusions));
	if (merged.exclusions == NULL) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "no memory");
		return -ENOMEM;
	}
	for (unsigned i = 0; i < merged.exclusions_count; i++)
		merged.exclusions[i] = i < c->exclusions_count
					   ? c->exclusions[i]
					   : kept->exclusions[i - c->exclusions_count];
	rc = policy_create(&merged, out, error);
	free(merged.exclusions);
	return rc;
}

/*
 * The configuration's policy, and with it the exclusions that control has kept beside it: whoever
 * starts alone knows them, too.
 */
static int
first_policy(const struct attendant *a, const struct config *c, struct policy **out,
    char error[CONFIG_ERROR_TEXT_MAX])
{
	/* Keys that a configuration must have; of what is read only the exclusions count. */
	static const char *const must[] = { "dataplane.port.interface=none",
		"dataplane.addresses=192.0.2.1/32" };
	struct config *kept = NULL;
	char path[512];
	int rc;

	snprintf(path, sizeof(path), "%s/exclusions.yaml", a->config.paths->state_directory);
	if (access(path, F_OK) != 0)
		return policy_create(c, out, error);
	rc = config_load(path, must, sizeof(must) / sizeof(must[0]), &kept, error);
	if (rc == 0)
		rc = create_with(c, kept, out, error);
	config_free(kept);
	if (rc == 0)
		return 0;
	fprintf(stderr, "WRN %s; nothing is excluded by %s until control runs\n", error, path);
	return policy_create(c, out, error);
}

int
attendant_publish_first(
    struct attendant *a, const struct config *c, char error[CONFIG_ERROR_TEXT_MAX])
{
	struct loaded *loaded = load_published(a, "generation", "serving the built-in one");
	struct loaded *shadow = load_published(a, "shadow", "nothing is tried");
	struct policy *policy = NULL;
	char word[64];
	enum mode mode;
	int rc = 0;

	if (loaded == NULL)
		rc = loaded_create(-1, a->config.cores, a->config.scans_max, &loaded, error);
	if (rc == 0)
		rc = first_policy(a, c, &policy, error);
	if (rc == 0)
		rc = publish(a, loaded, shadow, policy);
	if (rc != 0) {
		loaded_free(loaded);
		loaded_free(shadow);
		return rc;
	}
	read_state(a, "mode", word, sizeof(word));
	mode = mode_by_word(span_text(word));
	region_set_mode(a->config.region, mode != MODE_COUNT ? mode : c->mode);
	return 0;
}

static int
take_generation(struct attendant *a, int fd, char error[CONFIG_ERROR_TEXT_MAX])
{
	const struct publication *current = publication_peek(a->config.publisher);
	struct loaded *loaded = NULL;
	int rc;

	if (fd < 0) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "no descriptor came with the generation");
		return -EINVAL;
	}
	rc = loaded_create(fd, a->config.cores, a->config.scans_max, &loaded, error);
	if (rc != 0)
		return rc;
	if (generation_id(loaded->generation) == generation_id(current->loaded->generation)) {
		loaded_free(
		    loaded); /* it serves already: nothing that objects hold needs to change */
		return 0;
	}
	rc = publish(a, loaded, current->shadow, current->policy);
	if (rc != 0) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX,
		    "too many generations are still in use by objects; try again");
		loaded_free(loaded);
	}
	return rc;
}

/* fd -1: nothing is tried any more. */
static int
take_shadow(struct attendant *a, int fd, char error[CONFIG_ERROR_TEXT_MAX])
{
	const struct publication *current = publication_peek(a->config.publisher);
	struct loaded *shadow = NULL;
	int rc = 0;

	if (fd < 0 && current->shadow == NULL)
		return 0;
	if (fd >= 0)
		rc = loaded_create(fd, a->config.cores, a->config.scans_max, &shadow, error);
	if (rc != 0)
		return rc;
	if (shadow != NULL && current->shadow != NULL &&
	    generation_id(shadow->generation) == generation_id(current->shadow->generation)) {
		loaded_free(shadow);
		return 0;
	}
	rc = publish(a, current->loaded, shadow, current->policy);
	if (rc != 0) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX,
		    "too many generations are still in use by objects; try again");
		loaded_free(shadow);
	}
	return rc;
}

/* The configuration's text from a descriptor. Caller frees; NULL when it is none. */
static char *
read_text(int fd)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size <= 0 || st.st_size > POLICY_BYTES_MAX)
		return NULL;
	text = calloc(1, (size_t)st.st_size + 1);
	if (text == NULL)
		return NULL;
	n = pread(fd, text, (size_t)st.st_size, 0);
	if (n == st.st_size)
		return text;
	free(text);
	return NULL;
}

static int
take_policy(struct attendant *a, int fd, char error[CONFIG_ERROR_TEXT_MAX])
{
	const struct publication *current = publication_peek(a->config.publisher);
	struct config *config = NULL;
	struct policy *policy = NULL;
	char *text = read_text(fd);
	int rc = -EINVAL;

	snprintf(error, CONFIG_ERROR_TEXT_MAX, "the policy's text can't be read");
	if (text != NULL)
		rc = config_load_text(span_text(text), "policy", NULL, 0, &config, error);
	free(text);
	if (rc == 0) {
		rc = policy_create(config, &policy, error);
		if (rc == 0)
			rc = certificates_load(a->config.certificates, config, error);
		config_free(config);
	}
	if (rc != 0) {
		policy_free(policy);
		return rc;
	}
	if (policy_stamp(policy) == policy_stamp(current->policy)) {
		policy_free(policy);
		return 0;
	}
	rc = publish(a, current->loaded, current->shadow, policy);
	if (rc != 0) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX,
		    "too many policies are still in use by objects; try again");
		policy_free(policy);
	}
	return rc;
}

static void
drop_control(struct attendant *a)
{
	close(a->control);
	a->control = -1;
}

/* A newcomer replaces whoever was there: a control that was killed is not always seen to be gone.
 */
static void
welcome_control(struct attendant *a)
{
	struct attend_message hello = {
		.version = ATTEND_VERSION,
		.kind = ATTEND_HELLO,
		.id = region_boot_id(a->config.region),
		.pid = getpid(),
	};
	int fd = accept4(a->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (a->control >= 0)
		drop_control(a);
	a->control = fd;
	if (attend_send(fd, &hello, region_fd(a->config.region)) != 0)
		drop_control(a);
}

static void
serve_control(struct attendant *a)
{
	struct attend_message m, reply = { .version = ATTEND_VERSION };
	char error[CONFIG_ERROR_TEXT_MAX] = "unknown request";
	int fd = -1, rc = attend_receive(a->control, &m, &fd);

	if (rc == -EAGAIN)
		return;
	if (rc != 0) {
		drop_control(a);
		return;
	}
	rc = -EINVAL;
	if (m.kind == ATTEND_GENERATION)
		rc = take_generation(a, fd, error);
	else if (m.kind == ATTEND_POLICY)
		rc = take_policy(a, fd, error);
	else if (m.kind == ATTEND_SHADOW)
		rc = take_shadow(a, fd, error);
	if (fd >= 0)
		close(fd);
	reply.kind = rc == 0 ? ATTEND_DONE : ATTEND_FAILED;
	reply.serial = m.serial;
	reply.id = region_generation(a->config.region);
	reply.pid = getpid();
	if (rc != 0)
		snprintf(
		    reply.text, sizeof(reply.text), "%.*s", (int)sizeof(reply.text) - 1, error);
	if (attend_send(a->control, &reply, -1) != 0)
		drop_control(a);
}

void
attendant_run(struct attendant *a)
{
	for (;;) {
		struct pollfd fds[3] = {
			{ .fd = a->signals, .events = POLLIN },
			{ .fd = a->listener, .events = POLLIN },
			{ .fd = a->control, .events = POLLIN },
		};

		poll(fds, 3, RECLAIM_MS);
		publisher_reclaim(a->config.publisher);
		if (a->config.look != NULL)
			a->config.look(a->config.look_arg);
		if (fds[0].revents != 0)
			break;
		if (fds[2].revents != 0 && a->control >= 0)
			serve_control(a);
		if (fds[1].revents != 0)
			welcome_control(a);
	}
	__atomic_store_n(a->config.stop, true, __ATOMIC_RELAXED);
}
