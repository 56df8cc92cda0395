/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests that the ICAP session answered with an error: malformed, of a path or method that is not
 * served, of an address that may not speak, too late. Whoever set up the client must find out why,
 * so each is a record, beside its object's where one had begun, at most TOLD_PER_SECOND of them: a
 * source that sends nothing else shall not take the ring from the records of objects. All are
 * counted. So are connections that found no place; of these one a second is told, for they come by
 * thousands where they come at all, and would take the share of all else.
 */
#include "dataplane/inspect/inspect.h"

#include "dataplane/inspect/object.h"

#define TOLD_PER_SECOND 20
#define LINE_BYTES_MAX  512

static bool
may_tell(struct inspect *i)
{
	int64_t second = i->wall_ns / 1000000000;

	if (second != i->refusals_second) {
		i->refusals_second = second;
		i->refusals_told = 0;
	}
	return i->refusals_told++ < TOLD_PER_SECOND;
}

static void
tell(struct inspect *i, const struct icap_refusal *refusal, const struct inspect_peer *peer)
{
	struct record_slot *slot = record_reserve(i->channel);

	if (slot == NULL) {
		count(i->stats, COUNTER_RECORDS_LOST, 1);
		return;
	}
	slot->record = (struct record){
		.wall_ns = i->wall_ns,
		.session = peer->session,
		.core = i->config.core,
		.site = RECORD_SITE_REFUSAL,
		.site_line = __LINE__,
		.verdict = VERDICT_CLEAN,
		.source = SOURCE_ERROR,
		.peer = peer->address,
		.icap_status = (uint16_t)refusal->status,
	};
	record_text_put(slot, RECORD_TEXT_URL, span_first(refusal->line, LINE_BYTES_MAX));
	record_text_put(slot, RECORD_TEXT_CAUSE, span_text(refusal->cause));
	record_commit(i->channel);
}

void
inspect_closed(struct inspect *i, struct icap_session *session, const struct inspect_peer *peer)
{
	struct icap_refusal refusal;

	if (!icap_take_refusal(session, &refusal))
		return;
	count(i->stats, COUNTER_ANSWERS_ERROR, 1);
	if (may_tell(i))
		tell(i, &refusal, peer);
}

void
inspect_turned_away(struct inspect *i, const struct ip_address *peer, int status)
{
	const struct icap_refusal refusal = {
		.status = status,
		.cause = "no place for its connection: icap.connections_max, or the dataplane ends",
	};
	int64_t second = i->wall_ns / 1000000000;

	if (second == i->turned_away_second)
		return;
	i->turned_away_second = second;
	tell(i, &refusal, &(struct inspect_peer){ .address = *peer });
}
