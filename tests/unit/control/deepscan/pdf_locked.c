/* SPDX-License-Identifier: BSD-3-Clause */
/* What qpdf encrypted without a password, or with a known one, is judged as if it were plain. */
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

#define COMMAND_MAX 512

static const struct way {
	const char *name, *options;
} ways[] = { { "RC4, 40 bits", "40 --" }, { "RC4, 128 bits", "128 --use-aes=n --" },
	{ "RC4 by a crypt filter", "128 --force-V4 --use-aes=n --" },
	{ "AES-128", "128 --use-aes=y --" },
	{ "AES-128, metadata plain", "128 --cleartext-metadata --use-aes=y --" },
	{ "AES-256, revision 5", "256 --force-R5 --" }, { "AES-256, revision 6", "256 --" } };

static char plain_path[64], locked_path[64];

static bool
has_qpdf(void)
{
	if (system("qpdf --version >/dev/null 2>&1") == 0)
		return true;
	harness_skip("no qpdf");
	return false;
}

static bool
is_eicar(const struct deepscan *d)
{
	return d->verdict == VERDICT_BAD && strcmp(d->threat, "Eicar-Test-Signature") == 0;
}

static void
write_file(const char *path, struct span bytes)
{
	FILE *f = fopen(path, "we");

	CHECK(f != NULL && fwrite(bytes.data, 1, bytes.bytes, f) == bytes.bytes && fclose(f) == 0);
}

static struct span
read_file(const char *path, struct packed *out)
{
	FILE *f = fopen(path, "re");

	out->used = f != NULL ? fread(out->bytes, 1, sizeof(out->bytes), f) : 0;
	if (f != NULL)
		fclose(f);
	return packer_span(out);
}

static void
name_files(void)
{
	const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	snprintf(plain_path, sizeof(plain_path), "%s/sluice-pdf-%d", where, (int)getpid());
	snprintf(locked_path, sizeof(locked_path), "%s/sluice-pdf-%d.out", where, (int)getpid());
}

/* A page, and a file in it that is coded so. */
static struct span
write_pdf(const char *filter, struct span bytes)
{
	static struct packed made;
	char text[512];

	made.used = 0;
	snprintf(text, sizeof(text),
	    "%%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a) 3 0 "
	    "R]>>>>>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n3 0 obj\n"
	    "<</Type/Filespec/F(a)/EF<</F 4 0 R>>>>\nendobj\n4 0 obj\n"
	    "<</Type/EmbeddedFile%s/Length %zu>>\nstream\n",
	    filter, bytes.bytes);
	packer_add(&made, span_text(text));
	packer_add(&made, bytes);
	packer_add(
	    &made, span_text("\nendstream\nendobj\ntrailer <</Root 1 0 R/Size 5>>\n%%EOF\n"));
	return packer_span(&made);
}

/* As a script that opens with the file. */
static struct span
write_script(struct span hex)
{
	static struct packed made;

	made.used = 0;
	packer_add(&made, span_text("%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R/OpenAction"
				    "<</S/JavaScript/JS<"));
	for (size_t i = 0; i < hex.bytes; i++) {
		char pair[3];

		snprintf(pair, sizeof(pair), "%02x", hex.data[i]);
		packer_add(&made, span_text(pair));
	}
	packer_add(
	    &made, span_text(">>>>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
			     "trailer <</Root 1 0 R/Size 3>>\n%%EOF\n"));
	return packer_span(&made);
}

/* qpdf writes a table where there is none, and says so with code 3. */
static struct span
lock(struct span plain, const char *password, const struct way *way, const char *objects)
{
	static struct packed locked;
	char command[COMMAND_MAX];

	name_files();
	write_file(plain_path, plain);
	snprintf(command, sizeof(command),
	    "qpdf --allow-weak-crypto --stream-data=preserve --object-streams=%s --encrypt '%s' "
	    "owner "
	    "%s %s %s 2>/dev/null; [ $? = 0 -o $? = 3 ]",
	    objects, password, way->options, plain_path, locked_path);
	if (system(command) != 0)
		fprintf(stderr, "  qpdf could not: %s\n", command);
	read_file(locked_path, &locked);
	unlink(plain_path);
	unlink(locked_path);
	CHECK_ROW(way->name, locked.used > 0 && memmem(locked.bytes, locked.used, "/Encrypt", 8));
	return packer_span(&locked);
}

TEST(a_file_in_an_encrypted_pdf_is_judged)
{
	if (!has_qpdf())
		return;
	for (unsigned i = 0; i < COUNT_OF(ways); i++) {
		struct span locked = lock(write_pdf("", packer_eicar()), "", &ways[i], "preserve");
		const struct deepscan *d = packer_judge(locked, &packer_limits);

		CHECK_ROW(ways[i].name, is_eicar(d) && strncmp(d->layer, "pdf:", 4) == 0);
		locked = lock(write_pdf("", packer_hidden()), "", &ways[i], "generate");
		CHECK_ROW(ways[i].name, is_eicar(packer_judge(locked, &packer_limits)));
	}
}

TEST(a_script_in_an_encrypted_pdf_is_judged)
{
	if (!has_qpdf())
		return;
	for (unsigned i = 0; i < COUNT_OF(ways); i++) {
		struct span locked = lock(write_script(packer_eicar()), "", &ways[i], "preserve");
		const struct deepscan *d = packer_judge(locked, &packer_limits);

		CHECK_ROW(ways[i].name, is_eicar(d) && strcmp(d->layer, "pdf:strings") == 0);
		locked = lock(write_script(packer_eicar()), "", &ways[i], "generate");
		CHECK_ROW(ways[i].name, is_eicar(packer_judge(locked, &packer_limits)));
	}
}

/* A harmless one is clean without a word, whatever in it stays plain: tables, metadata. */
TEST(a_harmless_encrypted_pdf_is_clean)
{
	struct span fine = span_text("fine, and longer than one block of the cipher");

	if (!has_qpdf())
		return;
	for (unsigned i = 0; i < COUNT_OF(ways); i++) {
		struct span locked = lock(write_pdf("", fine), "", &ways[i], "generate");
		const struct deepscan *d = packer_judge(locked, &packer_limits);

		CHECK_ROW(ways[i].name, d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX);
	}
}

/* What cannot be read once it is deciphered says so, whatever it looks like before. */
TEST(what_is_in_it_tells_its_class)
{
	static struct packed zip;
	struct packer_member member = { "a", span_text("fine") };

	if (!has_qpdf())
		return;
	CHECK(packer_write_locked(&zip, "traditional", "unknown", &member, 1));
	for (unsigned i = 0; i < COUNT_OF(ways); i++) {
		struct span locked =
		    lock(write_pdf("", packer_span(&zip)), "", &ways[i], "preserve");
		const struct deepscan *d = packer_judge(locked, &packer_limits);

		CHECK_ROW(ways[i].name, d->source == SOURCE_ENCRYPTED && strstr(d->layer, "zip:a"));
		locked =
		    lock(write_pdf("/Filter/Secret", span_text("fine")), "", &ways[i], "preserve");
		d = packer_judge(locked, &packer_limits);
		CHECK_ROW(ways[i].name, d->source == SOURCE_UNSUPPORTED);
	}
}

TEST(a_pdf_with_a_password_opens_with_that_one)
{
	if (!has_qpdf())
		return;
	for (unsigned i = 0; i < COUNT_OF(ways); i++) {
		struct span locked =
		    lock(write_pdf("", packer_eicar()), "open", &ways[i], "preserve");
		const struct deepscan *d = packer_judge(locked, &packer_limits);

		CHECK_ROW(ways[i].name,
		    d->verdict == VERDICT_CLEAN && d->source == SOURCE_ENCRYPTED && !d->layer[0]);
		d = packer_judge_with(locked, &packer_limits, "other\nopen\n");
		CHECK_ROW(ways[i].name, is_eicar(d));
	}
}

/* Every byte changed in turn: it is found, or there is a class, or nothing is bad; it ends. */
TEST(an_encrypted_pdf_changed_anywhere_ends_well)
{
	static struct packed copy;
	struct span locked;

	if (!has_qpdf())
		return;
	locked =
	    lock(write_pdf("/Filter/FlateDecode", span_text("\xff\xff")), "", &ways[3], "preserve");
	copy.used = 0;
	packer_add(&copy, locked);
	for (size_t at = 9; at < copy.used; at++) {
		const struct deepscan *d;

		copy.bytes[at] ^= 0x55;
		d = packer_judge(packer_span(&copy), &packer_limits);
		CHECK_SEED(at, d->verdict == VERDICT_CLEAN && d->source != SOURCE_ERROR);
		copy.bytes[at] ^= 0x55;
	}
}
