/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packetdrill plug as packetdrill uses it: opened as a shared object, and driven through its
 * table of functions alone. Packets are built and read here on their own account.
 */
#include "tests/unit/harness.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/mono.h"
#include "tests/sim/packetdrill/interface.h"

#define OUR_PORT   8080
#define THEIR_PORT 40000
#define FIN        0x01u
#define SYN        0x02u
#define RST        0x04u
#define PSH        0x08u
#define ACK        0x10u
#define SYN_BYTES  44 /* IPv4, TCP, MSS */

static void (*interface_init)(const char *, struct plug_table *);

/* The plug lies beside the folder of this program's folder: build/BUILD/tests/unit/PROGRAM. */
int
harness_setup(void)
{
	char path[PATH_MAX] = "", so[PATH_MAX + 64];
	void *handle;

	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		return -1;
	snprintf(so, sizeof(so), "%s/libsluice_packetdrill.so", dirname(dirname(dirname(path))));
	handle = dlopen(so, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		return -1;
	}
	*(void **)&interface_init = dlsym(handle, "packetdrill_interface_init");
	return interface_init != NULL ? 0 : -1;
}

/* A script's side: the table, what our stack's numbers begin with, and the peer's. */
struct bench {
	struct plug_table t;
	uint32_t ours, theirs; /* the next number of each that is not acknowledged or sent */
	uint16_t our_port, window;
	int listener, fd;
};

struct seen {
	size_t bytes; /* payload */
	uint32_t seq, ack;
	uint16_t source, destination;
	uint8_t flags, option_bytes, options[40];
	long long time_us;
};

static void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t
get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t
get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

static uint32_t
add_up(const uint8_t *p, size_t bytes, uint32_t sum)
{
	for (size_t i = 0; i < bytes; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* From 192.0.2.1 to 192.168.0.1. */
static void
inject(struct bench *b, uint8_t flags, size_t payload)
{
	uint8_t p[1500] = { 0x45, [8] = 64, [9] = IPPROTO_TCP, [12] = 192, 0, 2, 1, 192, 168, 0,
		1 };
	size_t head = flags & SYN ? 24 : 20, total = 20 + head + payload;

	put16(p + 2, (uint32_t)total);
	put16(p + 10, (uint16_t)~fold(add_up(p, 20, 0)));
	put16(p + 20, THEIR_PORT);
	put16(p + 22, b->our_port);
	put32(p + 24, b->theirs);
	put32(p + 28, flags & ACK ? b->ours : 0);
	p[32] = (uint8_t)(head / 4 << 4);
	p[33] = flags;
	put16(p + 34, b->window);
	if (flags & SYN)
		memcpy(p + 40, (const uint8_t[]){ 2, 4, 1000 >> 8, 1000 & 255 }, 4);
	for (size_t i = 0; i < payload; i++)
		p[20 + head + i] = (uint8_t)('a' + i % 26);
	put16(p + 36, (uint16_t)~fold(add_up(p + 20, total - 20,
			  add_up(p + 12, 8, IPPROTO_TCP + (uint32_t)(total - 20)))));
	b->theirs += (uint32_t)payload + ((flags & SYN) != 0) + ((flags & FIN) != 0);
	CHECK(b->t.netdev_send(b->t.userdata, p, total) == 0);
}

/* What our stack sent next; waits for it in virtual time. */
static struct seen
receive(struct bench *b)
{
	uint8_t p[2048];
	size_t bytes = sizeof(p), head;
	struct seen s = { 0 };

	CHECK(b->t.netdev_receive(b->t.userdata, p, &bytes, &s.time_us) == 0);
	CHECK(bytes >= 40 && p[0] == 0x45 && p[9] == IPPROTO_TCP && get16(p + 2) == bytes);
	CHECK(fold(add_up(p, 20, 0)) == 0xffff);
	CHECK(fold(add_up(p + 20, bytes - 20,
		  add_up(p + 12, 8, IPPROTO_TCP + (uint32_t)(bytes - 20)))) == 0xffff);
	s.source = (uint16_t)get16(p + 20);
	s.destination = (uint16_t)get16(p + 22);
	s.seq = get32(p + 24);
	s.ack = get32(p + 28);
	s.flags = p[33];
	head = (size_t)(p[32] >> 4) * 4;
	s.option_bytes = (uint8_t)(head - 20);
	memcpy(s.options, p + 40, s.option_bytes);
	s.bytes = bytes - 20 - head;
	b->ours = s.seq + (uint32_t)s.bytes + ((s.flags & (SYN | FIN)) != 0);
	return s;
}

static long long
now_us(struct bench *b)
{
	struct timeval t;

	b->t.gettimeofday(b->t.userdata, &t, NULL);
	return (long long)t.tv_sec * 1000000 + t.tv_usec;
}

static void
start(struct bench *b, const char *flags)
{
	memset(b, 0, sizeof(*b));
	b->theirs = 0xfffffff0; /* so that numbers wrap */
	b->our_port = OUR_PORT;
	b->window = 65535;
	b->listener = b->fd = -1;
	interface_init(flags, &b->t);
}

/* What the script left open is closed as packetdrill does it. */
static void
stop(struct bench *b)
{
	if (b->fd >= 0)
		close(b->fd);
	if (b->listener >= 0)
		close(b->listener);
	b->t.free(b->t.userdata);
}

static void
listen_on(struct bench *b)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(OUR_PORT) };

	b->listener = b->t.socket(b->t.userdata, AF_INET, SOCK_STREAM, IPPROTO_TCP);
	CHECK(b->listener >= 0);
	CHECK(b->t.bind(b->t.userdata, b->listener, (struct sockaddr *)&a, sizeof(a)) == 0);
	CHECK(b->t.listen(b->t.userdata, b->listener, 1) == 0);
}

static void
set_nonblocking(struct bench *b, int fd)
{
	CHECK(b->t.fcntl(b->t.userdata, fd, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
	CHECK(b->t.fcntl(b->t.userdata, fd, F_GETFL) == (O_RDWR | O_NONBLOCK));
}

static void
open_passively(struct bench *b)
{
	struct sockaddr_in peer;
	socklen_t bytes = sizeof(peer);
	struct seen s;

	listen_on(b);
	inject(b, SYN, 0);
	s = receive(b);
	CHECK(s.flags == (SYN | ACK) && s.ack == b->theirs);
	CHECK(s.option_bytes == 4 && memcmp(s.options, "\2\4\5\264", 4) == 0);
	inject(b, ACK, 0);
	b->fd = b->t.accept(b->t.userdata, b->listener, (struct sockaddr *)&peer, &bytes);
	CHECK(b->fd >= 0 && bytes == sizeof(peer) && peer.sin_port == htons(THEIR_PORT));
}

TEST(a_connection_from_handshake_to_close)
{
	struct bench b;
	uint8_t in[200] = { 0 };
	struct seen s;

	start(&b, "local=192.168.0.1");
	open_passively(&b);
	inject(&b, ACK | PSH, 100);
	s = receive(&b);
	CHECK(s.flags == ACK && s.ack == b.theirs && s.bytes == 0);
	CHECK(b.t.recv(b.t.userdata, b.fd, in, sizeof(in), MSG_PEEK) == 100);
	CHECK(b.t.read(b.t.userdata, b.fd, in, sizeof(in)) == 100 && in[0] == 'a' && in[99] == 'v');
	CHECK(b.t.write(b.t.userdata, b.fd, "hello", 5) == 5);
	s = receive(&b);
	CHECK(s.flags == (ACK | PSH) && s.bytes == 5);
	inject(&b, ACK | FIN, 0);
	s = receive(&b);
	CHECK(s.flags == ACK && s.ack == b.theirs);
	CHECK(b.t.read(b.t.userdata, b.fd, in, sizeof(in)) == 0);
	CHECK(b.t.close(b.t.userdata, b.fd) == 0);
	b.fd = -1;
	s = receive(&b);
	CHECK(s.flags == (ACK | FIN));
	inject(&b, ACK, 0);
	stop(&b);
}

TEST(what_does_not_block_says_so)
{
	struct bench b;
	uint8_t in[10];
	int error = -1;
	socklen_t bytes = sizeof(error);

	start(&b, "local=192.168.0.1");
	CHECK(b.t.read(b.t.userdata, 9999, in, 10) == -1 && errno == EBADF);
	CHECK(b.t.socket(b.t.userdata, AF_INET, SOCK_DGRAM, 0) == -1 && errno == EPROTONOSUPPORT);
	listen_on(&b);
	set_nonblocking(&b, b.listener);
	CHECK(b.t.accept(b.t.userdata, b.listener, NULL, NULL) == -1 && errno == EAGAIN);
	CHECK(b.t.read(b.t.userdata, b.listener, in, 10) == -1 && errno == ENOTCONN);
	inject(&b, SYN, 0);
	receive(&b);
	inject(&b, ACK, 0);
	b.fd = b.t.accept(b.t.userdata, b.listener, NULL, NULL);
	set_nonblocking(&b, b.fd);
	CHECK(b.t.read(b.t.userdata, b.fd, in, 10) == -1 && errno == EAGAIN);
	inject(&b, RST | ACK, 0);
	CHECK(b.t.read(b.t.userdata, b.fd, in, 10) == -1 && errno == ECONNRESET);
	CHECK(b.t.read(b.t.userdata, b.fd, in, 10) == 0);
	CHECK(b.t.write(b.t.userdata, b.fd, in, 10) == -1 && errno == EPIPE);
	CHECK(b.t.getsockopt(b.t.userdata, b.fd, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0);
	CHECK(error == 0);
	stop(&b);
}

static int
begin_connect(struct bench *b)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(THEIR_PORT) };
	struct seen s;
	int rc;

	inet_pton(AF_INET, "192.0.2.1", &a.sin_addr);
	b->fd = b->t.socket(b->t.userdata, AF_INET, SOCK_STREAM, 0);
	set_nonblocking(b, b->fd);
	rc = b->t.connect(b->t.userdata, b->fd, (struct sockaddr *)&a, sizeof(a));
	s = receive(b);
	CHECK(s.flags == SYN && s.destination == THEIR_PORT);
	/* Linux's order: mss 1460, sackOK, TS, nop, wscale 8 */
	CHECK(s.option_bytes == 20 && memcmp(s.options, "\2\4\5\264\4\2\10\12", 8) == 0 &&
	      memcmp(s.options + 16, "\1\3\3\10", 4) == 0);
	b->our_port = s.source;
	return rc;
}

TEST(connecting_and_being_refused)
{
	struct bench b;
	struct pollfd fds = { .events = POLLOUT };
	int error = 0;
	socklen_t bytes = sizeof(error);

	start(&b, "local=192.168.0.1");
	CHECK(begin_connect(&b) == -1 && errno == EINPROGRESS);
	fds.fd = b.fd;
	CHECK(b.t.poll(b.t.userdata, &fds, 1, 0) == 0);
	inject(&b, SYN | ACK, 0);
	CHECK(receive(&b).flags == ACK);
	CHECK(b.t.poll(b.t.userdata, &fds, 1, 0) == 1 && fds.revents == POLLOUT);
	CHECK(b.t.close(b.t.userdata, b.fd) == 0);
	CHECK(receive(&b).flags == (ACK | FIN));
	CHECK(begin_connect(&b) == -1 && errno == EINPROGRESS);
	inject(&b, RST | ACK, 0);
	CHECK(b.t.getsockopt(b.t.userdata, b.fd, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0);
	CHECK(error == ECONNREFUSED);
	stop(&b);
}

TEST(time_is_virtual)
{
	struct bench b;
	long long before, sent;
	struct seen s;

	start(&b, "local=192.168.0.1");
	before = now_us(&b);
	CHECK(now_us(&b) > before); /* or a script that spins would never end */
	b.t.usleep(b.t.userdata, 3600 * 1000000u);
	CHECK(now_us(&b) - before >= 3600 * 1000000LL);
	CHECK(now_us(&b) - before < 3600 * 1000000LL + 100);
	begin_connect(&b);
	sent = now_us(&b);
	s = receive(&b); /* the SYN again, after a second */
	CHECK(s.flags == SYN && s.time_us - sent > 990000 && s.time_us - sent < 1010000);
	CHECK(now_us(&b) >= s.time_us);
	stop(&b);
}

struct blocked {
	struct bench *b;
	long long returned_us;
	int fd;
	pid_t id;   /* of its thread, once it is about to call */
	bool noted; /* it has done with what the call returned */
	sem_t enough;
};

static void *
accept_in_a_thread(void *arg)
{
	struct blocked *k = arg;

	k->fd = k->b->t.accept(k->b->t.userdata, k->b->listener, NULL, NULL);
	k->returned_us = now_us(k->b);
	return NULL;
}

/* It returns when the last ACK has come, and not when its thread gets round to it. */
TEST(a_blocked_call_returns_at_its_time)
{
	struct bench b;
	struct blocked k = { .b = &b, .fd = -1 };
	pthread_t thread;
	long long acked;

	start(&b, "local=192.168.0.1");
	listen_on(&b);
	CHECK(pthread_create(&thread, NULL, accept_in_a_thread, &k) == 0);
	inject(&b, SYN, 0);
	receive(&b);
	b.t.usleep(b.t.userdata, 100000);
	acked = now_us(&b);
	inject(&b, ACK, 0);
	b.t.usleep(b.t.userdata, 500000);
	pthread_join(thread, NULL);
	CHECK(k.fd >= 0);
	/* Where the thread was asleep before the ACK came, as it is under packetdrill, which waits
	 * for that; a thread that comes late finds the connection there. */
	CHECK(k.returned_us >= acked);
	b.fd = k.fd;
	stop(&b);
}

static bool
is_asleep(pid_t thread)
{
	char path[64], text[256] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)thread);
	f = fopen(path, "r");
	if (f == NULL || fgets(text, sizeof(text), f) == NULL)
		abort();
	fclose(f);
	return strrchr(text, ')')[2] == 'S';
}

static void *
accept_and_be_slow(void *arg)
{
	struct blocked *k = arg;

	__atomic_store_n(&k->id, gettid(), __ATOMIC_RELEASE);
	accept_in_a_thread(k);
	for (struct mono end = mono_add(mono_now(), milliseconds(20));
	     mono_before(mono_now(), end);)
		;
	__atomic_store_n(&k->noted, true, __ATOMIC_RELEASE);
	sem_wait(&k->enough);
	return NULL;
}

/* What the script sleeps is over at once: whoever accepted must have done with it by then. */
TEST(who_was_blocked_has_noted_what_it_got_when_the_script_goes_on)
{
	struct bench b;
	struct blocked k = { .b = &b, .fd = -1 };
	pthread_t thread;

	start(&b, "local=192.168.0.1");
	listen_on(&b);
	sem_init(&k.enough, 0, 0);
	CHECK(pthread_create(&thread, NULL, accept_and_be_slow, &k) == 0);
	while (__atomic_load_n(&k.id, __ATOMIC_ACQUIRE) == 0 || !is_asleep(k.id))
		sched_yield();
	inject(&b, SYN, 0);
	receive(&b);
	inject(&b, ACK, 0);
	b.t.usleep(b.t.userdata, 5000);
	CHECK(__atomic_load_n(&k.noted, __ATOMIC_ACQUIRE));
	sem_post(&k.enough);
	pthread_join(thread, NULL);
	sem_destroy(&k.enough);
	b.fd = k.fd;
	stop(&b);
}

TEST(tcp_info_is_linuxs)
{
	struct bench b;
	struct tcp_info info;
	socklen_t bytes = sizeof(info);

	start(&b, "local=192.168.0.1");
	open_passively(&b);
	CHECK(b.t.getsockopt(b.t.userdata, b.fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) == 0);
	CHECK(bytes == sizeof(info) && info.tcpi_state == 1);
	CHECK(info.tcpi_snd_mss == 1000 && info.tcpi_advmss == 1460 && info.tcpi_snd_cwnd == 10);
	CHECK(info.tcpi_options == 0 && info.tcpi_unacked == 0);
	stop(&b);
}

static struct tcp_info
info_of(struct bench *b)
{
	struct tcp_info info;
	socklen_t bytes = sizeof(info);

	CHECK(b->t.getsockopt(b->t.userdata, b->fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) == 0);
	return info;
}

/* A tenth of a second of a shut window, and as much of an open one that is not acknowledged. */
TEST(tcp_info_tells_what_the_time_went_to)
{
	static const uint8_t data[1000];
	struct bench b;
	struct tcp_info i;

	start(&b, "local=192.168.0.1");
	open_passively(&b);
	i = info_of(&b);
	CHECK(i.tcpi_rcv_mss == 536 && i.tcpi_reordering == 3 && i.tcpi_bytes_acked == 0);
	b.window = 0;
	inject(&b, ACK, 0);
	CHECK(b.t.write(b.t.userdata, b.fd, data, 1000) == 1000);
	CHECK(b.t.usleep(b.t.userdata, 100000) == 0);
	i = info_of(&b);
	CHECK(i.tcpi_rwnd_limited >= 100000 && i.tcpi_rwnd_limited < 101000);
	CHECK(i.tcpi_busy_time == i.tcpi_rwnd_limited && i.tcpi_sndbuf_limited == 0);
	b.window = 65535;
	inject(&b, ACK, 0);
	CHECK(receive(&b).bytes == 1000);
	CHECK(b.t.usleep(b.t.userdata, 100000) == 0);
	inject(&b, ACK, 0);
	CHECK(b.t.usleep(b.t.userdata, 100000) == 0);
	i = info_of(&b);
	CHECK(i.tcpi_rwnd_limited >= 100000 && i.tcpi_rwnd_limited < 101000);
	CHECK(i.tcpi_busy_time >= 200000 && i.tcpi_busy_time < 202000);
	CHECK(i.tcpi_bytes_acked == 1000 && i.tcpi_delivered == 1);
	CHECK(i.tcpi_data_segs_out == 1 && i.tcpi_data_segs_in == 0);
	inject(&b, ACK | PSH, 700);
	i = info_of(&b);
	CHECK(i.tcpi_rcv_mss == 700 && i.tcpi_data_segs_in == 1);
	stop(&b);
}

/* With --mss the script's packet stands for several that were merged. */
TEST(a_merged_packet_has_the_size_of_its_segments)
{
	struct bench b;

	start(&b, "local=192.168.0.1 merged=500");
	open_passively(&b);
	inject(&b, ACK | PSH, 1200);
	CHECK(info_of(&b).tcpi_rcv_mss == 500);
	stop(&b);
}

/* Reads `bytes`; what TCP_INQ says then, or -1 where it says nothing. */
static int
left_to_read(struct bench *b, size_t bytes)
{
	uint8_t out[1500];
	union {
		struct cmsghdr head;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec piece = { out, bytes };
	struct msghdr message = { .msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	int left;

	CHECK(b->t.recvmsg(b->t.userdata, b->fd, &message, 0) == (ssize_t)bytes);
	if (message.msg_controllen == 0)
		return -1;
	CHECK(control.head.cmsg_level == IPPROTO_TCP && control.head.cmsg_type == 36);
	memcpy(&left, CMSG_DATA(&control.head), sizeof(left));
	return left;
}

TEST(tcp_inq_tells_what_is_left)
{
	struct bench b;
	int on = 1, wrong = 2;

	start(&b, "local=192.168.0.1");
	open_passively(&b);
	inject(&b, ACK | PSH, 1000);
	CHECK(left_to_read(&b, 100) == -1);
	CHECK(b.t.setsockopt(b.t.userdata, b.fd, IPPROTO_TCP, 36 /* TCP_INQ */, &wrong, 4) == -1);
	CHECK(errno == EINVAL);
	CHECK(b.t.setsockopt(b.t.userdata, b.fd, IPPROTO_TCP, 36, &on, 4) == 0);
	CHECK(left_to_read(&b, 100) == 800);
	CHECK(left_to_read(&b, 800) == 0);
	inject(&b, ACK | PSH | FIN, 10);
	CHECK(left_to_read(&b, 10) == 1);
	stop(&b);
}

TEST(unread_data_makes_a_close_a_reset)
{
	struct bench b;

	start(&b, "local=192.168.0.1");
	open_passively(&b);
	inject(&b, ACK | PSH, 10);
	CHECK(receive(&b).flags == ACK);
	CHECK(b.t.close(b.t.userdata, b.fd) == 0);
	b.fd = -1;
	CHECK((receive(&b).flags & RST) != 0);
	stop(&b);
}

static bool
is_writable(struct bench *b)
{
	struct pollfd p = { .fd = b->fd, .events = POLLOUT };

	b->t.poll(b->t.userdata, &p, 1, 0);
	return (p.revents & POLLOUT) != 0;
}

/* Acknowledges the next `bytes` of ours that came. */
static void
take_sent(struct bench *b, unsigned bytes)
{
	uint32_t from = b->ours;

	for (unsigned got = 0; got < bytes;) {
		struct seen s = receive(b);

		from = got == 0 ? s.seq : from;
		got += (unsigned)s.bytes;
	}
	b->ours = from + bytes;
	inject(b, ACK, 0);
}

/* Buffers of half the largest window are filled whole; a third must be free before it goes on. */
TEST(a_write_takes_what_the_send_buffer_grants)
{
	static const uint8_t data[100000];
	struct bench b;
	int bytes = 10000; /* doubled: 20,000 */

	start(&b, "local=192.168.0.1");
	b.window = 40000;
	open_passively(&b);
	set_nonblocking(&b, b.fd);
	CHECK(
	    b.t.setsockopt(b.t.userdata, b.fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) == 0);
	/* A buffer of 20,000, of which ten segments leave, is filled up again. */
	CHECK(b.t.write(b.t.userdata, b.fd, data, sizeof(data)) == 30000);
	CHECK(b.t.write(b.t.userdata, b.fd, data, 1) == -1 && errno == EAGAIN && !is_writable(&b));
	take_sent(&b, 10000);
	CHECK(b.t.write(b.t.userdata, b.fd, data, 1) == -1 && errno == EAGAIN && !is_writable(&b));
	take_sent(&b, 6000);
	CHECK(!is_writable(&b));
	take_sent(&b, 1000);
	CHECK(is_writable(&b));
	stop(&b);
}

TEST(cork_holds_a_short_end)
{
	struct bench b;
	int on = 1, off = 0;

	start(&b, "local=192.168.0.1");
	open_passively(&b);
	CHECK(b.t.setsockopt(b.t.userdata, b.fd, IPPROTO_TCP, 3 /* TCP_CORK */, &on, 4) == 0);
	CHECK(b.t.write(b.t.userdata, b.fd, "0123456789", 10) == 10);
	CHECK(b.t.write(b.t.userdata, b.fd, "0123456789", 10) == 10);
	CHECK(b.t.setsockopt(b.t.userdata, b.fd, IPPROTO_TCP, 3 /* TCP_CORK */, &off, 4) == 0);
	CHECK(receive(&b).bytes == 20);
	CHECK(b.t.setsockopt(b.t.userdata, b.fd, IPPROTO_TCP, 9999, &on, 4) == -1);
	CHECK(errno == ENOPROTOOPT);
	stop(&b);
}
