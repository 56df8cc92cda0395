/* SPDX-License-Identifier: BSD-3-Clause */
/* Publications: a slot that serves again is news, a policy or generation that did not change none.
 */
#include "tests/unit/dataplane/inspect/rig.h"

static struct policy *
policy_with(const char *setting)
{
	static const char bare[] =
	    "dataplane: {port: {interface: eth1}, addresses: [192.0.2.10/24]}";
	char error[CONFIG_ERROR_TEXT_MAX];
	struct config *config = NULL;
	struct policy *policy = NULL;

	CHECK(config_load_text(span_text(bare), "test", &setting, 1, &config, error) == 0);
	CHECK(policy_create(config, &policy, error) == 0);
	config_free(config);
	return policy;
}

static struct loaded *
builtin(void)
{
	char error[SIGNATURE_ERROR_TEXT_MAX];
	struct loaded *l = NULL;

	CHECK(loaded_create(-1, 1, 1, &l, error) == 0);
	return l;
}

TEST(a_slot_that_serves_again_is_told_apart)
{
	static const char *const settings[] = { "policy.corrupt=allow", "policy.corrupt=block",
		"policy.encrypted=block", "policy.timeout=block" };
	struct publisher p;
	const struct publication *seen[COUNT_OF(settings)];
	uint32_t users[PUBLICATIONS_MAX] = { 0 };
	uint64_t stamp = 0;
	bool same_address = false;

	publisher_init(&p);
	publisher_add_core(&p, users);
	for (unsigned i = 0; i < COUNT_OF(settings); i++) {
		CHECK(publisher_publish(&p, builtin(), NULL, policy_with(settings[i])) == 0);
		seen[i] = publication_changed(&p, &stamp);
		CHECK_ROW(settings[i], seen[i] != NULL && seen[i]->stamp == stamp);
		CHECK_ROW(settings[i], publication_changed(&p, &stamp) == NULL);
		for (unsigned before = 0; before < i; before++)
			same_address |= seen[before] == seen[i];
	}
	CHECK(same_address); /* else this test shows nothing */
	publisher_fini(&p);
}

TEST(a_publication_in_use_outlives_its_successors)
{
	struct publisher p;
	uint32_t users[PUBLICATIONS_MAX] = { 0 };
	const struct publication *held;
	unsigned published = 1;
	struct loaded *l;
	struct policy *policy;
	uint64_t stamp;

	publisher_init(&p);
	publisher_add_core(&p, users);
	CHECK(publisher_publish(&p, builtin(), NULL, policy_with("policy.corrupt=allow")) == 0);
	held = publication_take(&p, users);
	stamp = held->stamp;
	for (; published < 3 * PUBLICATIONS_MAX; published++) {
		CHECK(publisher_publish(&p, builtin(), NULL,
			  policy_with(published % 2 ? "policy.corrupt=block"
						    : "policy.corrupt=allow")) == 0);
		CHECK(held->stamp == stamp && held->in_use);
	}
	for (unsigned i = 0; i < PUBLICATIONS_MAX; i++)
		users[i]++; /* as if objects held every slot */
	l = builtin();
	policy = policy_with("policy.error=allow");
	while (publisher_publish(&p, l, NULL, policy) == 0) {
		l = builtin();
		policy = policy_with("policy.error=allow");
	}
	loaded_free(l);
	policy_free(policy);
	publisher_fini(&p);
}
