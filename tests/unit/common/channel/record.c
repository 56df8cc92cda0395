/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts in and out of a record, and slots with any byte wrong: skipped or whole, never astray. */
#include <stdlib.h>

#include "tests/unit/common/channel/peer.h"

TEST(record_texts)
{
	struct record_slot slot = { 0 };
	static const char *const texts[RECORD_TEXT_COUNT] = { "u/r?l", "", "Threat.A", "bm9ib2R5",
		"EXAMPLE", "agent/1.0", "text/html", "Tried.B", "no Encapsulated" };

	for (unsigned i = 0; i < RECORD_TEXT_COUNT; i++)
		record_text_put(&slot, (enum record_text)i, span_text(texts[i]));
	for (unsigned i = 0; i < RECORD_TEXT_COUNT; i++)
		CHECK_ROW(texts[i], span_is(record_text_get(&slot, (enum record_text)i), texts[i]));
	CHECK(slot.record.flags == 0 && record_is_sound(&slot));
}

TEST(record_texts_are_cut)
{
	struct record_slot *slot = calloc(1, sizeof(*slot)); /* ASan guards its end */
	char *longest = malloc(70000);

	memset(longest, 'x', 70000);
	record_text_put(slot, RECORD_TEXT_URL, span_of(longest, RECORD_TEXT_ROOM - 4));
	CHECK(slot->record.flags == 0);
	record_text_put(slot, RECORD_TEXT_FILENAME, span_of(longest, 70000));
	CHECK(slot->record.flags == RECORD_FLAG_TEXT_CUT);
	CHECK(record_text_get(slot, RECORD_TEXT_FILENAME).bytes == 4);
	record_text_put(slot, RECORD_TEXT_THREAT, span_text("gone"));
	CHECK(record_text_get(slot, RECORD_TEXT_THREAT).bytes == 0);
	record_text_put(slot, RECORD_TEXT_USER, span_of(NULL, 0));
	CHECK(record_is_sound(slot));
	free(longest);
	free(slot);
}

TEST(record_soundness)
{
	static const struct {
		const char *name;
		struct record record;
		bool is_sound;
	} cases[] = {
		{ "zero", { 0 }, true },
		{ "core", { .core = CHANNEL_CORES_MAX }, false },
		{ "site", { .site = RECORD_SITE_COUNT }, false },
		{ "mode", { .mode = MODE_COUNT }, false },
		{ "verdict", { .verdict = VERDICT_COUNT }, false },
		{ "source", { .source = SOURCE_COUNT }, false },
		{ "shadow", { .shadow = SHADOW_COUNT }, false },
		{ "one text fills all", { .text_bytes = { RECORD_TEXT_ROOM } }, true },
		{ "one byte more", { .text_bytes = { RECORD_TEXT_ROOM, 1 } }, false },
		{ "sum beyond 16 bits", { .text_bytes = { 65535, 65535, 65535 } }, false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct record_slot slot = { .record = cases[i].record };

		CHECK_ROW(cases[i].name, record_is_sound(&slot) == cases[i].is_sound);
	}
	CHECK(strcmp(record_site_word(RECORD_SITE_REQMOD), "dataplane/inspect/reqmod.c") == 0);
	CHECK(strcmp(record_site_word(RECORD_SITE_RESPMOD), "dataplane/inspect/respmod.c") == 0);
	CHECK(strcmp(record_site_word(RECORD_SITE_REFUSAL), "dataplane/inspect/refusal.c") == 0);
	CHECK(strcmp(record_site_word(RECORD_SITE_COUNT), "?") == 0);
}

TEST(record_crosses_over)
{
	struct peers p;
	struct record_slot *slot, out;

	peers_open(&p);
	slot = record_reserve(p.core);
	slot->record = (struct record){ .session = 0x42, .source = SOURCE_SCANNED, .size = 8 };
	record_text_put(slot, RECORD_TEXT_URL, span_text("example.test/"));
	CHECK(!record_peek(p.reader, &out));
	record_commit(p.core);
	CHECK(record_peek(p.reader, &out) && record_peek(p.reader, &out));
	CHECK(out.record.session == 0x42 && out.record.size == 8);
	CHECK(span_is(record_text_get(&out, RECORD_TEXT_URL), "example.test/"));
	record_done(p.reader);
	CHECK(!record_peek(p.reader, &out));
	peers_close(&p);
}

TEST(record_unsound_are_skipped)
{
	struct peers p;
	struct record_slot *slot, out;

	peers_open(&p);
	for (uint32_t i = 0; i < 3; i++) {
		slot = record_reserve(p.core);
		slot->record = (struct record){ .session = i, .mode = i == 2 ? 0 : 0xff };
		record_commit(p.core);
	}
	CHECK(record_peek(p.reader, &out) && out.record.session == 2);
	CHECK(channel_unsound(p.reader) == 2);
	peers_close(&p);
}

/* Every byte of a notice inverted in turn, with the chain it names lent. */
TEST(notice_with_any_byte_wrong)
{
	for (size_t at = 0; at < offsetof(struct notice, object.text) + 64; at++) {
		struct peers p;
		struct notice *n, out;
		uint8_t *bytes;

		peers_open(&p);
		CHECK(peers_notify(p.core, 1));
		n = (struct notice *)p.core->notices.slots;
		n->kind = NOTICE_SANDBOX;
		n->first_block = 0;
		bytes = (uint8_t *)n;
		bytes[at] ^= 0xff;
		if (notice_peek(p.reader, &out)) {
			CHECK(record_is_sound(&out.object));
			CHECK(out.kind < NOTICE_KIND_COUNT);
			CHECK(out.kind != NOTICE_SANDBOX || out.first_block < PEER_BLOCKS);
		} else {
			CHECK(channel_unsound(p.reader) == 1);
		}
		CHECK(peers_notify(p.core, 2));
		peers_close(&p);
	}
}

TEST(command_soundness)
{
	static const struct {
		const char *name;
		struct command command;
		bool is_sound;
	} cases[] = {
		{ "answer", { .kind = COMMAND_ANSWER, .source = SOURCE_SANDBOX }, true },
		{ "kind", { .kind = COMMAND_KIND_COUNT }, false },
		{ "verdict", { .verdict = VERDICT_COUNT }, false },
		{ "source", { .source = SOURCE_COUNT }, false },
	};
	struct peers p;
	struct command out, endless = { .kind = COMMAND_ANSWER };

	peers_open(&p);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CHECK(command_send(p.reader, &cases[i].command) == 0);
		CHECK_ROW(cases[i].name, command_take(p.core, &out) == cases[i].is_sound);
	}
	memset(endless.threat, 'x', sizeof(endless.threat));
	CHECK(command_send(p.reader, &endless) == 0);
	CHECK(!command_take(p.core, &out));
	CHECK(channel_unsound(p.core) == 4);
	peers_close(&p);
}
