/* SPDX-License-Identifier: BSD-3-Clause */
/* OpenSSL's BIO over the two chains of a session: never blocks, copies once each way. */
#include <pthread.h>

#include "dataplane/tls/internal.h"

static BIO_METHOD *method;
static pthread_once_t made = PTHREAD_ONCE_INIT;

static int
read_wire(BIO *b, char *out, size_t room, size_t *got)
{
	struct tls_session *s = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	*got = chain_copy_out(&s->in, 0, out, room);
	if (*got == 0) {
		BIO_set_retry_read(b);
		return 0;
	}
	chain_drop(&s->in, *got);
	return 1;
}

static int
write_wire(BIO *b, const char *bytes, size_t count, size_t *done)
{
	struct tls_session *s = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	*done = 0;
	if (chain_append_copy(&s->out, &s->pools, bytes, count) != 0) {
		BIO_set_retry_write(b);
		return 0;
	}
	*done = count;
	return 1;
}

static long
control(BIO *b, int command, long number, void *pointer)
{
	(void)b;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static int
begin(BIO *b)
{
	BIO_set_init(b, 1);
	return 1;
}

static void
make_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sluice chain");

	if (m == NULL)
		return;
	BIO_meth_set_read_ex(m, read_wire);
	BIO_meth_set_write_ex(m, write_wire);
	BIO_meth_set_ctrl(m, control);
	BIO_meth_set_create(m, begin);
	method = m;
}

BIO *
tls_bio_create(struct tls_session *s)
{
	BIO *b;

	pthread_once(&made, make_method);
	b = method != NULL ? BIO_new(method) : NULL;
	if (b != NULL)
		BIO_set_data(b, s);
	return b;
}
