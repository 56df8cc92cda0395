/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluice-tamper: a wire between two interfaces that loses, doubles, delays and disorders frames.
 * Two packet sockets, one loop, one thread; frames that this program sends are not seen again
 * (PACKET_IGNORE_OUTGOING). For the lab: nothing of the product runs through it in production.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tools/tamper/lane.h"
#include "tools/tamper/tag.h"

#define BURST        64
#define ROOM         (2 * TAG_BYTES) /* in front of a frame: one it had, one it gets */
#define SOCKET_BYTES (16 << 20)
#define SEND_WAIT_MS 20

struct end {
	const char *name;
	int fd;
	struct lane *lane; /* what arrives here */
	uint64_t refused;  /* frames that the kernel did not take from us */
	uint64_t foreign;  /* frames at a trunk that are not of the VLAN */
	uint16_t vlan;     /* 0: tags pass as they are */
	bool is_trunk;
};

static volatile sig_atomic_t stop, report;

static void
on_signal(int number)
{
	if (number == SIGUSR1)
		report = 1;
	else
		stop = 1;
}

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000;
}

static int
fail(const char *what, const char *name)
{
	fprintf(stderr, "sluice-tamper: %s: %s: %s\n", name, what, strerror(errno));
	return -1;
}

static int
open_end(struct end *e)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct packet_mreq all = { .mr_type = PACKET_MR_PROMISC };
	int one = 1, bytes = SOCKET_BYTES;

	address.sll_ifindex = all.mr_ifindex = (int)if_nametoindex(e->name);
	if (address.sll_ifindex == 0)
		return fail("no such interface", e->name);
	e->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (e->fd < 0)
		return fail("packet socket (needs CAP_NET_RAW)", e->name);
	if (setsockopt(e->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) != 0)
		return fail("PACKET_IGNORE_OUTGOING", e->name);
	setsockopt(e->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	setsockopt(e->fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	if (setsockopt(e->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) != 0)
		return fail("promiscuous mode", e->name);
	if (setsockopt(e->fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) != 0)
		return fail("PACKET_AUXDATA", e->name);
	if (bind(e->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return fail("bind", e->name);
	return 0;
}

/* What comes out of a lane; a queue that is full is waited for, a little. */
static void
send_frame(void *arg, const uint8_t *frame, uint32_t bytes)
{
	struct end *to = arg;
	struct pollfd room = { .fd = to->fd, .events = POLLOUT };

	if (send(to->fd, frame, bytes, 0) >= 0)
		return;
	if ((errno == EAGAIN || errno == ENOBUFS) && poll(&room, 1, SEND_WAIT_MS) > 0 &&
	    send(to->fd, frame, bytes, 0) >= 0)
		return;
	to->refused++;
}

/*
 * The kernel takes an 802.1Q tag out of a frame and hands it over beside it; here it goes back.
 */
static uint8_t *
put_tag_back(uint8_t *frame, struct msghdr *message, uint32_t *bytes)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	struct tpacket_auxdata aux;
	uint16_t type = TAG_TYPE;

	if (c == NULL || c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
		return frame;
	memcpy(&aux, CMSG_DATA(c), sizeof(aux));
	if ((aux.tp_status & TP_STATUS_VLAN_VALID) == 0)
		return frame;
	if (aux.tp_status & TP_STATUS_VLAN_TPID_VALID)
		type = aux.tp_vlan_tpid;
	return tag_push(frame, bytes, type, aux.tp_vlan_tci);
}

/* The frame as it enters the wire: between an access port and a trunk, with or without its tag. */
static void
take_frame(struct end *from, uint8_t *frame, uint32_t bytes)
{
	if (from->vlan != 0 && !from->is_trunk)
		frame = tag_push(frame, &bytes, TAG_TYPE, from->vlan);
	else if (from->vlan != 0)
		frame = tag_pop(frame, &bytes, from->vlan);
	if (frame != NULL)
		lane_frame(from->lane, now_us(), frame, bytes);
	else
		from->foreign++;
}

static void
receive_burst(struct end *from)
{
	static uint8_t frames[BURST][ROOM + LANE_FRAME_BYTES_MAX];
	static uint8_t beside[BURST][CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct mmsghdr messages[BURST];
	struct iovec parts[BURST];
	int n;

	memset(messages, 0, sizeof(messages));
	for (unsigned i = 0; i < BURST; i++) {
		parts[i] = (struct iovec){ frames[i] + ROOM, LANE_FRAME_BYTES_MAX };
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
		messages[i].msg_hdr.msg_control = beside[i];
		messages[i].msg_hdr.msg_controllen = sizeof(beside[i]);
	}
	n = recvmmsg(from->fd, messages, BURST, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		uint32_t bytes = messages[i].msg_len;
		uint8_t *frame = put_tag_back(frames[i] + ROOM, &messages[i].msg_hdr, &bytes);

		take_frame(from, frame, bytes);
	}
}

static void
print_counts(const struct end *from, const struct end *to)
{
	const struct lane_counts *c = lane_counts(from->lane);
	struct tpacket_stats kernel = { 0 };
	socklen_t bytes = sizeof(kernel);

	getsockopt(from->fd, SOL_PACKET, PACKET_STATISTICS, &kernel, &bytes);
	fprintf(stderr,
	    "%s>%s: frames %llu, lost %llu, reordered %llu, doubled %llu, corrupted %llu, "
	    "marked %llu, dropped %llu\n",
	    from->name, to->name, (unsigned long long)c->frames, (unsigned long long)c->lost,
	    (unsigned long long)c->reordered, (unsigned long long)c->doubled,
	    (unsigned long long)c->corrupted, (unsigned long long)c->marked,
	    (unsigned long long)(c->dropped + from->foreign + to->refused + kernel.tp_drops));
}

/* Until a signal: frames as they come, held ones when they are due. */
static void
run(struct end *ends)
{
	struct pollfd fds[2] = { { .fd = ends[0].fd, .events = POLLIN },
		{ .fd = ends[1].fd, .events = POLLIN } };
	struct timespec wait;
	uint64_t now, next, other;
	sigset_t none;

	sigemptyset(&none);
	while (!stop) {
		now = now_us();
		next = lane_turn(ends[0].lane, now);
		other = lane_turn(ends[1].lane, now);
		next = next < other ? next : other;
		next = next == UINT64_MAX ? 1000000 : next > now ? next - now : 0;
		wait.tv_sec = (time_t)(next / 1000000);
		wait.tv_nsec = (long)(next % 1000000) * 1000;
		if (ppoll(fds, 2, &wait, &none) > 0) {
			for (int i = 0; i < 2; i++) {
				if (fds[i].revents != 0)
					receive_burst(&ends[i]);
			}
		}
		if (report) {
			report = 0;
			print_counts(&ends[0], &ends[1]);
			print_counts(&ends[1], &ends[0]);
		}
	}
}

/* Signals are taken only while ppoll() waits: none is missed. */
static void
hear_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	int numbers[] = { SIGTERM, SIGINT, SIGUSR1 };
	sigset_t set;

	sigemptyset(&set);
	for (unsigned i = 0; i < 3; i++) {
		sigaddset(&set, numbers[i]);
		sigaction(numbers[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void
usage(FILE *out)
{
	fputs("usage: sluice-tamper [--seed N] --spec SPEC IF_A IF_B\n"
	      "       sluice-tamper [--seed N] --check --spec SPEC\n"
	      "A wire between two interfaces that loses, doubles, delays, disorders and marks "
	      "frames.\n"
	      "  --spec SPEC  loss=1%,reorder=2%,dup=0.1%,corrupt=0.01%,ce=1%,delay=5ms: any of "
	      "them\n"
	      "               vlan=N: IF_A is an access port of VLAN N, IF_B a trunk (802.1Q)\n"
	      "  --seed N     of every random choice (1)\n"
	      "  --check      only say whether the arguments are good\n"
	      "Both interfaces are up, with no offloads. SIGUSR1 prints counts; SIGTERM prints and "
	      "ends.\n",
	    out);
}

static int
parse_arguments(int argc, char **argv, struct tamper_spec *spec, uint64_t *seed)
{
	static const struct option options[] = { { "spec", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'n' }, { "check", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	char error[256], *end = NULL;
	bool seen = false, check = false;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 's':
			if (tamper_spec_parse(optarg, spec, error, sizeof(error)) != 0) {
				fprintf(stderr, "sluice-tamper: --spec %s\n", error);
				return 1;
			}
			seen = true;
			break;
		case 'n':
			*seed = strtoull(optarg, &end, 10);
			if (*optarg < '0' || *optarg > '9' || *end != 0) {
				fputs("sluice-tamper: --seed: expected a number\n", stderr);
				return 1;
			}
			break;
		case 'c':
			check = true;
			break;
		case 'h':
			usage(stdout);
			return 2;
		default:
			usage(stderr);
			return 1;
		}
	}
	if (seen && check && argc == optind)
		return 2;
	if (seen && !check && argc - optind == 2)
		return 0;
	usage(stderr);
	return 1;
}

int
main(int argc, char **argv)
{
	struct tamper_spec spec = { 0 };
	struct end ends[2] = { { .fd = -1 }, { .fd = -1 } };
	uint64_t seed = 1;
	int rc = parse_arguments(argc, argv, &spec, &seed);

	if (rc != 0)
		return rc == 2 ? 0 : 1;
	for (int i = 0; i < 2; i++) {
		ends[i].name = argv[optind + i];
		ends[i].vlan = spec.vlan;
		ends[i].is_trunk = i == 1;
		ends[i].lane = lane_create(&spec, seed * 2 + (uint64_t)i, send_frame, &ends[!i]);
		if (ends[i].lane == NULL || open_end(&ends[i]) != 0)
			return 1;
	}
	hear_signals();
	run(ends);
	for (int i = 0; i < 2; i++)
		print_counts(&ends[i], &ends[!i]);
	for (int i = 0; i < 2; i++) {
		lane_destroy(ends[i].lane);
		close(ends[i].fd);
	}
	return 0;
}
