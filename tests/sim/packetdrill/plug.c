/* SPDX-License-Identifier: BSD-3-Clause */
/* The clock, the turns of the stack, the blocked call, and the table that packetdrill gets. */
#include "tests/sim/packetdrill/plug.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/sim/packetdrill/flow.h"
#include "tests/sim/packetdrill/interface.h"
#include "tests/sim/packetdrill/socket.h"
#include "tests/sim/sim.h"

#define START_S      1000000 /* what the clock reads when a script begins */
#define SETTLE_US    100     /* of real time */
#define SETTLE_LOOKS 50000   /* five seconds: whoever is not at rest then has hung */
#define STEP_NS      10000 /* a timer that is due "now" and did not fire: the wheel's tick is longer */

void
plug_lock(struct plug *p)
{
	pthread_mutex_lock(&p->lock);
}

void
plug_unlock(struct plug *p)
{
	pthread_mutex_unlock(&p->lock);
}

static void
random_bytes(void *arg, void *out, size_t bytes)
{
	struct plug *p = arg;

	for (size_t i = 0; i < bytes; i++) {
		p->random = p->random * 6364136223846793005u + 1442695040888963407u;
		((uint8_t *)out)[i] = (uint8_t)(p->random >> 56);
	}
}

void
plug_need_stack(struct plug *p)
{
	struct tcp_env env = { p, wire_transmit, random_bytes, *sim_pools() };
	struct plug_settings *s = &p->settings;
	struct tcp_config config = { .connections_max = 1024, .time_wait_max = 256 };

	if (p->tcp != NULL)
		return;
	settings_read_sysctls(s);
	for (const struct socket *k = p->sockets; k != NULL; k = k->next) {
		if (k->options.maxseg != 0)
			s->mss = (uint16_t)k->options.maxseg;
	}
	config.receive_window_bytes = s->receive_bytes;
	config.send_queue_bytes = s->send_bytes;
	config.mss_max = s->mss != 0 ? s->mss : (uint16_t)(s->mtu - 40);
	config.ecn = s->ecn == 1;
	if (s->linux_ways) {
		if (s->receive_is_set) /* so many whole segments */
			config.receive_window_bytes -= s->receive_bytes % config.mss_max;
		config.slow_start_segments = UINT32_MAX;
		if (s->receive_is_set) /* of SO_RCVBUF twice; what it says is announced */
			config.receive_queue_bytes = 2 * s->receive_bytes;
		config.reset_late_data = true;
		config.congestion = TCP_CONGESTION_LINUX;
		config.keep_window_after_idle = s->keeps_window;
		config.probe_without_data = true;
		config.drop_acks_of_unsent = true;
	}
	p->tcp = tcp_create(&config, &env);
	if (p->tcp == NULL)
		abort();
	tcp_begin(p->tcp, p->now);
	sockets_start_listening(p);
}

/* The blocked call looks whether its time has come; until it is back to sleep, or gone, we wait. */
static void
let_blocked_look(struct plug *p)
{
	if (p->blocked != BLOCKED_SLEEPS || pthread_equal(p->blocked_thread, pthread_self()))
		return;
	p->blocked = BLOCKED_LOOKS;
	pthread_cond_broadcast(&p->changed);
	while (p->blocked == BLOCKED_LOOKS || p->blocked == BLOCKED_LEAVES)
		pthread_cond_wait(&p->changed, &p->lock);
}

static void
run_stack(struct plug *p)
{
	if (p->tcp == NULL)
		return;
	p->cause = ETIMEDOUT;
	tcp_run_timers(p->tcp);
	sockets_take_ready(p);
	p->cause = 0;
	for (struct socket *s = p->sockets; s != NULL; s = s->next)
		stream_pump(s);
	tcp_flush(p->tcp);
	flow_end_bursts(p);
	for (struct socket *s = p->sockets; s != NULL; s = s->next)
		account_turn(s);
	tcp_check_invariants(p->tcp);
	tcp_begin(p->tcp, p->now);
}

void
plug_turn(struct plug *p)
{
	run_stack(p);
	let_blocked_look(p);
}

struct mono
plug_next(const struct plug *p)
{
	struct mono next = p->tcp != NULL ? tcp_next_deadline(p->tcp) : MONO_NEVER;

	for (const struct socket *s = p->sockets; s != NULL; s = s->next) {
		if (mono_is_set(s->held_until))
			next = mono_earlier(next, s->held_until);
	}
	if (p->blocked != BLOCKED_NONE)
		next = mono_earlier(next, p->blocked_until);
	return next;
}

void
plug_advance(struct plug *p, struct mono until)
{
	for (;;) {
		struct mono next = mono_earlier(plug_next(p), until);

		if (!mono_before(next, until))
			break;
		p->now.ns = next.ns > p->now.ns ? next.ns : p->now.ns + STEP_NS;
		if (p->tcp != NULL)
			tcp_begin(p->tcp, p->now);
		plug_turn(p);
		if (!mono_before(p->now, until))
			return;
	}
	if (mono_before(p->now, until))
		p->now = until;
	if (p->tcp != NULL)
		tcp_begin(p->tcp, p->now);
	plug_turn(p);
}

/* In the script's own thread: only time can help. */
static bool
wait_alone(struct plug *p, bool (*ready)(void *), void *arg, struct mono until)
{
	while (!ready(arg) && mono_before(p->now, until)) {
		struct mono next = mono_earlier(plug_next(p), until);

		if (next.ns == MONO_NEVER.ns) {
			fprintf(stderr, "plug: a call would block for ever\n");
			return false;
		}
		plug_advance(
		    p, next.ns > p->now.ns ? next : mono_add(p->now, nanoseconds(STEP_NS)));
	}
	return ready(arg);
}

bool
plug_wait(struct plug *p, bool (*ready)(void *), void *arg, struct mono until)
{
	bool is_ready = ready(arg);

	if (is_ready || !mono_before(p->now, until))
		return is_ready;
	if (pthread_equal(p->script_thread, pthread_self()))
		return wait_alone(p, ready, arg, until);
	p->blocked_thread = pthread_self();
	p->blocked_id = gettid();
	p->blocked_until = until;
	for (;;) {
		p->blocked = BLOCKED_SLEEPS;
		pthread_cond_broadcast(&p->changed);
		while (p->blocked == BLOCKED_SLEEPS)
			pthread_cond_wait(&p->changed, &p->lock);
		is_ready = ready(arg);
		if (is_ready || !mono_before(p->now, until))
			break;
	}
	p->blocked = BLOCKED_LEAVES;
	return is_ready;
}

static int
plug_gettimeofday(void *arg, struct timeval *out, struct timezone *zone)
{
	struct plug *p = arg;

	(void)zone;
	plug_lock(p);
	if (p->blocked == BLOCKED_LEAVES && pthread_equal(p->blocked_thread, pthread_self())) {
		out->tv_sec = (time_t)(p->now.ns / 1000000000);
		out->tv_usec = (suseconds_t)(p->now.ns / 1000 % 1000000);
		p->blocked = BLOCKED_NONE;
		p->left_id = p->blocked_id;
		pthread_cond_broadcast(&p->changed);
	} else {
		plug_advance(p, mono_add(p->now, nanoseconds(PLUG_CALL_NS)));
		out->tv_sec = (time_t)(p->now.ns / 1000000000);
		out->tv_usec = (suseconds_t)(p->now.ns / 1000 % 1000000);
	}
	plug_unlock(p);
	return 0;
}

static bool
is_at_rest(pid_t thread)
{
	char path[64], text[256] = "";
	const char *state = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)thread);
	f = fopen(path, "r");
	if (f == NULL)
		return true;
	if (fgets(text, sizeof(text), f) != NULL)
		state = strrchr(text, ')'); /* behind the name, which may be anything */
	fclose(f);
	return state == NULL || state[1] == '\0' || state[2] == 'S';
}

/*
 * packetdrill has let go of its lock while the script sleeps, for the thread whose call returned to
 * note what it got. Our sleep is over at once, and on a busy machine the script would look first,
 * at a socket that nobody has accepted yet.
 */
static void
let_note(pid_t thread)
{
	for (unsigned i = 0; i < SETTLE_LOOKS && !is_at_rest(thread); i++)
		usleep(SETTLE_US);
}

static int
plug_usleep(void *arg, useconds_t us)
{
	struct plug *p = arg;
	pid_t left = 0;

	plug_lock(p);
	if (pthread_equal(p->script_thread, pthread_self())) {
		left = p->left_id;
		p->left_id = 0;
	}
	plug_unlock(p);
	if (left != 0)
		let_note(left);
	plug_lock(p);
	plug_advance(p, mono_add(p->now, microseconds(us)));
	plug_unlock(p);
	return 0;
}

static int
plug_netdev_send(void *arg, const void *packet, size_t bytes)
{
	struct plug *p = arg;

	plug_lock(p);
	plug_need_stack(p);
	wire_input(p, packet, bytes);
	plug_turn(p);
	plug_unlock(p);
	return 0;
}

/* packetdrill would ask for ever: the script fails here. */
static void
give_up(const char *why)
{
	fflush(stdout);
	fprintf(stderr, "plug: %s\n", why);
	_exit(1);
}

static int
plug_netdev_receive(void *arg, void *packet, size_t *bytes, long long *time_us)
{
	struct plug *p = arg;
	struct plug_packet *first;
	struct mono limit;

	plug_lock(p);
	limit = mono_add(p->now, seconds(PLUG_SILENCE_S));
	while (p->first == NULL) {
		struct mono next = plug_next(p);

		if (next.ns == MONO_NEVER.ns || mono_before(limit, next))
			give_up("a packet is expected, and none will come");
		plug_advance(
		    p, next.ns > p->now.ns ? next : mono_add(p->now, nanoseconds(STEP_NS)));
	}
	first = p->first;
	p->first = first->next;
	if (p->first == NULL)
		p->last = NULL;
	p->packet_count--;
	if (first->bytes > *bytes)
		give_up("a packet is larger than packetdrill's buffer");
	memcpy(packet, first->data, first->bytes);
	*bytes = first->bytes;
	*time_us = (long long)(first->at.ns / 1000);
	free(first);
	plug_unlock(p);
	return 0;
}

void
plug_free(void *arg)
{
	struct plug *p = arg;
	struct plug_packet *next;

	sockets_fini(p);
	flows_fini(p);
	if (p->tcp != NULL)
		tcp_destroy(p->tcp);
	for (struct plug_packet *q = p->first; q != NULL; q = next) {
		next = q->next;
		free(q);
	}
	if (sim_pools_used() != 0)
		give_up("buffers were not given back");
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* EAL pins its thread to a core, and the whole machine is ours no more than it was before. */
static int
init_eal(void)
{
	static bool done;
	cpu_set_t before;
	int rc;

	if (done)
		return 0;
	if (sched_getaffinity(0, sizeof(before), &before) != 0)
		return -1;
	rc = sim_eal_init();
	sched_setaffinity(0, sizeof(before), &before);
	done = rc == 0;
	return rc;
}

static const struct plug_table functions = {
	.socket = socket_open,
	.bind = socket_bind,
	.listen = socket_listen,
	.accept = socket_accept,
	.connect = socket_connect,
	.read = stream_read,
	.readv = stream_readv,
	.recv = stream_recv,
	.recvfrom = stream_recvfrom,
	.recvmsg = stream_recvmsg,
	.write = stream_write,
	.writev = stream_writev,
	.send = stream_send,
	.sendto = stream_sendto,
	.sendmsg = stream_sendmsg,
	.fcntl = sockopt_fcntl,
	.ioctl = sockopt_ioctl,
	.close = socket_close,
	.shutdown = socket_shutdown,
	.getsockopt = sockopt_get,
	.setsockopt = sockopt_set,
	.poll = poll_wait,
	.netdev_send = plug_netdev_send,
	.netdev_receive = plug_netdev_receive,
	.usleep = plug_usleep,
	.gettimeofday = plug_gettimeofday,
	.epoll_create = poll_epoll_create,
	.epoll_ctl = poll_epoll_ctl,
	.epoll_wait = poll_epoll_wait,
	.pipe = poll_pipe,
	.splice = poll_splice,
};

struct plug *
plug_create(const char *flags, struct plug_table *out)
{
	struct plug *p = calloc(1, sizeof(*p));

	if (p == NULL || init_eal() != 0)
		give_up("no memory for the stack");
	if (settings_parse_flags(&p->settings, flags) != 0)
		give_up("--so_flags are words: local=ADDRESS mtu=N merged=N bsd nopush");
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	p->script_thread = pthread_self();
	p->now.ns = (uint64_t)START_S * 1000000000;
	p->random = 1;
	*out = functions;
	out->userdata = p;
	return p;
}
